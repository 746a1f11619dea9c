"""A TikTok for demos and tests, over real HTTP, in its own process.

Written from TikTok's documentation alone; it shares no code with the product and needs only the
standard library. What TikTok would refuse, it refuses. The one deviation is ``--loopback``: http on
loopback counts as https, so that a web-type app can be tried on one machine.

    python -m tiktok.simulator --port 8010 [--loopback] [--state FILE] [--demo]

Product endpoints: ``/v2/auth/authorize/``, ``/v2/oauth/token/``, ``/v2/oauth/revoke/``, ``/v2/user/info/``,
``/v2/post/publish/{creator_info/query,video/init,status/fetch}/``, ``PUT /upload/``, ``/avatars/<id>.png``.

Control API (JSON in and out, loopback only; POST needs ``Content-Type: application/json``):

    GET  /_sim/health
    POST /_sim/reset          {demo?: bool}: an empty world at the machine's time with the app sim-client-key;
                              with demo also the six demo users
    POST /_sim/settings       {processing_delay_s?, moderation_delay_s?, hold_processing?}
    POST /_sim/clock          {advance_s}; GET shows it
    POST /_sim/apps           {client_key, ...}: make or change; fields of entities.App. GET lists
    POST /_sim/users          {username, id?, ...}: make or change; fields of entities.User. GET lists
    POST /_sim/grants         {user, client_key?, scopes?}: tokens without a browser. GET lists, no tokens
    POST /_sim/grants/revoke  {user, client_key?}: the user disconnects the app
    POST /_sim/tokens/expire  {user, client_key?, kind?: access | refresh}
    GET  /_sim/posts          ?publish_id= &user= &client_key=
    POST /_sim/posts/act      {publish_id, act: hold | finish | reveal | hide | fail | expire_url, reason?}
    GET  /_sim/requests       ?endpoint= &user= &code= ...: every call, in order, never a token
    GET  /_sim/puts           ?publish_id=: every PUT with range, bytes received, stored, status, outcome
    POST /_sim/faults         {fault, endpoint?, user?, client_key?, times?, skip?, ...}; GET lists
    POST /_sim/faults/clear   {}

Endpoints in faults and records: authorize, consent, token, revoke, user_info, creator_info, video_init,
upload, status, avatar. A fault strikes ``times`` requests (1; -1 = until cleared) after letting ``skip``
pass; without ``user`` or ``endpoint`` it concerns all. ``last_chunk: true`` waits for the final chunk.

    rate_limit            429 rate_limit_exceeded
    server_error          500 (or ``status``) in the endpoint's shape
    html_error            502 (or ``status``) with an HTML page
    error                 any ``code``, ``message`` and ``status`` in the endpoint's shape
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
"""
