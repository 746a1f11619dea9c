"""A TikTok for demos and tests, over real HTTP, in its own process.

Written from TikTok's documentation alone; it shares no code with the product and needs only the
standard library. It refuses what TikTok would refuse. The one deviation is ``--loopback``: http on
loopback counts as https, so that a web-type app can be tried on one machine.

    python -m tiktok.simulator --port 8010 [--loopback] [--state FILE] [--demo]

Product endpoints: ``/v2/auth/authorize/``, ``/v2/oauth/token/``, ``/v2/oauth/revoke/``, ``/v2/user/info/``,
``/v2/post/publish/{creator_info/query,video/init,inbox/video/init,content/init,status/fetch,cancel}/``,
``/v2/video/{list,query}/``, ``PUT /upload/``, ``/avatars/<id>.png``.
``/connected-apps/`` is a page on which people end an app's access, as in TikTok's settings; ``/inbox/`` one on which
they post or delete the drafts in TikTok's inbox.
For benchmarks ``PUT /_sink`` takes any bytes as an upload's are taken.

Control API (JSON in and out, loopback only; POST needs ``Content-Type: application/json``):

    GET  /_sim/health
    POST /_sim/reset          {demo?: bool}: an empty world at the machine's time with the app sim-client-key;
                              with demo also the six demo users
    POST /_sim/settings       {processing_delay_s?, moderation_delay_s?, hold_processing?, hash_uploads?,
                              webhook_pause_s?, webhook_tries?, ...}: fields of world.Settings
    POST /_sim/clock          {advance_s}; GET shows it
    POST /_sim/apps           {client_key, ...}: make or change; fields of entities.App. GET lists
    POST /_sim/users          {username, id?, ...}: make or change; fields of entities.User. GET lists
    POST /_sim/grants         {user, client_key?, scopes?}: tokens without a browser. GET lists, no tokens
    POST /_sim/grants/revoke  {user, client_key?, reason?}: the user disconnects the app (reason 1)
    POST /_sim/tokens/expire  {user, client_key?, kind?: access | refresh}
    GET  /_sim/tokens/pairs   ?user= ...: every token answer, its tokens as SHA-256, and used-up refresh tokens
                              that were sent again
    POST /_sim/webhooks       {event, user?, user_openid?, client_key?, content?, create_time?, times?}: send it to
                              the app's webhook_url, times over with the same body. GET lists, with every answer
    POST /_sim/webhooks/release  {reversed?: bool}: send what held_webhook has held
    POST /_sim/url-properties {prefix | domain, client_key?, verified?: bool}: register it; answers with name and
                              content of the verification file. verified: without a check. GET lists
    POST /_sim/url-properties/verify  {prefix, client_key?}: fetch the file at the prefix; 400 says what is wrong
    POST /_sim/url-properties/remove  {prefix | domain, client_key?}
    GET  /_sim/posts          ?publish_id= &user= &client_key=: with items (URL and SHA-256 of each pulled file) and
                              publications (every time that the post came out on the profile)
    POST /_sim/posts/act      {publish_id, act: hold | finish | fail | expire_url, reason?}
                              {publish_id, act: reveal | hide, post_id?}: make it public, or no longer public
                              {publish_id, act: post_draft, count?, privacy_level?, title?, description?},
                              {publish_id, act: delete_draft | expire_draft}: the user's inbox
    GET  /_sim/photos         ?publish_id= &item=: the bytes of a photo that was pulled, in base64
    GET  /_sim/pulls          ?publish_id= &url= ...: every request for media, with range, bytes, status, outcome
    GET  /_sim/requests       ?endpoint= &user= &code= ...: every call, in order, never a token
    GET  /_sim/puts           ?publish_id=: every PUT with range, bytes received, stored, status, outcome
    POST /_sim/faults         {fault, endpoint?, user?, client_key?, times?, skip?, ...}; GET lists
    POST /_sim/faults/clear   {fault?}: all faults of this name; without one every fault, and the weather
    POST /_sim/weather        {seed, before?, after?, slow?, slow_s?, rate_limits?, pulls?, webhooks?, endpoints?}

Endpoints in faults and records: authorize, consent, token, revoke, user_info, video_list, video_query, creator_info,
video_init, inbox_init, content_init, upload, sink, status, cancel, avatar, webhook. A fault strikes ``times`` requests
(1; -1 = until cleared) after letting ``skip`` pass; without ``user`` or ``endpoint`` it concerns all.
``last_chunk: true`` waits for the final chunk.

    rate_limit            429 rate_limit_exceeded
    server_error          500 (or ``status``) in the endpoint's shape; ``after: true``: acts first
    html_error            502 (or ``status``) with an HTML page; ``after: true``: acts first
    error                 any ``code``, ``message`` and ``status`` in the endpoint's shape
    raw_body              200 (or ``status``) with ``message`` as the whole body, and ``after_bytes`` blanks behind it
    redirect              302 (or ``status``) to another path
    drop_connection       closes before acting, or after ``after_bytes`` of the body
    lost_answer           acts, then closes without answering
    truncated_json        acts, then breaks off in the middle of the answer
    slow                  waits ``delay_s`` before acting (``after: true``: before answering), and takes
                          the body at ``bytes_per_s``
    revoked_grant         the user disconnects the app just before this request
    expired_upload_url    the upload URL expires just before this PUT
    finished_upload_404   all bytes received, answered with 404
    lagging_status        status as it was one chunk (or ``lag_bytes``) earlier, still processing
    fail_reason           the next init leads to FAILED with ``reason``
    hold                  the post of the next init stays in processing until "finish"
    processing_delay      ... takes ``delay_s``
    moderation_delay      ... takes ``delay_s`` after publication until it has a public id
    chunk_plan_refused    400 "The chunk size is invalid" from the video inits, except for ``accepted_chunk_sizes``
                          and, with ``accepts_single_piece``, single pieces; or for ``refused_chunk_sizes`` alone
    old_app_version       photo drafts meet app_version_check_failed
    ignored_cancel        cancel answers ok and has no effect

    late_pull             the pull of the next init starts ``delay_s`` later, by the simulator's clock
    double_pull           ... starts twice at the same time, and publishes once
    head_first            ... asks with HEAD before GET
    odd_ranges            ... asks for one byte, for the end, and then for uneven pieces
    slow_pull             ... takes ``bytes_per_s``
    abandoned_pull        ... breaks off after ``after_bytes`` and has failed
    failed_photo          ... fails at photo number ``item`` (the last one)

    lost_webhook          the next webhook (or the next ``event``) never comes
    late_webhook          ... comes ``delay_s`` later, so that others overtake it
    repeated_webhook      ... comes ``copies`` more times
    held_webhook          ... waits for webhooks/release

An init whose answer is lost (``lost_answer``, ``server_error`` with ``after``) has acted: its pull starts all the same.

A weather is random: of all requests to the posting endpoints (or to ``endpoints``) the share ``before`` fails
before the act (server_error, html_error, drop_connection, in an upload in the middle of its body, and with
``rate_limits`` rate_limit), the share ``after`` after it (lost_answer, truncated_json, server_error,
html_error), and the share ``slow`` takes up to ``slow_s`` seconds longer. The fault of the n-th request of a
user at an endpoint follows from ``seed`` alone. ``pulls`` and ``webhooks`` are the shares of pulls and webhooks that
meet a fault of theirs. Armed faults come first.

Where the documentation is silent, the simulator decides:

- "MB" is read both ways at once: chunks of 5 MiB to 64,000,000 bytes, a last one of up to 128,000,000.
- A chunk that is stored already answers 416, also after the end. A broken chunk counts nothing. The answers'
  Content-Range gives a count; with an app's ``progress_is_index`` the index of the last byte.
- Unknown fields, branded content with SELF_ONLY and texts that are too long are ``invalid_params``.
- Inits do not count towards a creator's daily posts, finished transfers do; inits do count as active users. Drafts
  count towards neither. An inbox init is an unfinished draft from the start, until it failed, was posted or deleted.
- ``is_aigc`` of photos is at the top level. A photo's shorter side has at most 1080 px; 20 MB are 20,000,000 bytes.
- A deleted draft stays SEND_TO_USER_INBOX; the id of one that lapsed is ``invalid_publish_id``.
- A pull downloads one file after the other, each request on a connection of its own. A file whose transfer breaks
  off, or is answered with 5xx or 429, is tried ``pull_tries`` times from its beginning; 3xx and 4xx fail the pull at
  once. Photos are checked after the transfer; the last 400 MB of them are kept until a restart. A pull that a restart
  interrupts starts again. One that was cancelled or is too late stops at its next block.
- A verification file ``tiktok<signature>.txt`` holds ``tiktok-developers-site-verification=<signature>``.
- Only a pull whose files are not all there can be cancelled.
- video/list shows photos, with a duration of 0, unless ``lists_photos`` is off. Counters are 0. Durations, rounded
  down, are those of the file's own header. A direct post's ``publish_type`` is ``direct_publish_type``.
- Codes live five minutes and die with the first exchange, even one that fails. A wrong redirect URI is
  ``invalid_grant``, a wrong verifier ``invalid_request``. Refreshing leaves the old access token alive, unless
  the app has ``refresh_ends_access``; without ``refresh_rotates`` the refresh token stays the same.
- A second consent leaves the first tokens alive, unless the app has ``reauthorization_ends_tokens``; a refresh
  restarts the refresh token's 180 days, unless ``refresh_restarts_lifetime`` is false.
- Revoking takes a live access token, ends all tokens of that user and app, and fails unfinished posts
  with ``auth_removed``.
- An app with a ``webhook_url`` receives ``authorization.removed`` (revoked through the API: reason 5) and, unless its
  ``posting_events`` are off, what happens to its posts; other events are sent on demand. Each try is signed again and
  waits ten seconds for its 200; the pauses between them double.
- Rates are counted per access token, requests over the limit do not count. There is no Retry-After.
- The bytes of videos are counted and hashed, not kept; only with an app's ``check_format`` are the first ones
  looked at. A restart in the middle of an upload costs its hash, not its progress.
"""
