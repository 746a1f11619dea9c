"""The mutants: what each one breaks, and the tests that must notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WALKER: Final = ("config/tests/integration/test_walker.py",)
CONNECTING: Final = ("tiktok/tests/integration/connect/test_connect.py",)
WAYS_BACK: Final = ("tiktok/tests/integration/connect/test_connect_faults.py",)
LINKS: Final = ("tiktok/tests/integration/connect/test_connect_links.py",)
_PROOFS: Final = "tiktok/tests/integration/proofs/test_crash_points.py"
_DELIVERY: Final = "tiktok/tests/integration/delivery"
DEATHS: Final = (f"{_PROOFS}::test_worker_may_die_at_any_point[one chunk]",)
CHUNKS: Final = (f"{_PROOFS}::test_worker_may_die_at_any_point[three chunks]",)
FROST: Final = (f"{_PROOFS}::test_worker_frozen_at_any_point_resumes_amid_anothers_work[one chunk]",)
CANCELS: Final = (f"{_PROOFS}::test_person_may_cancel_at_any_point[one chunk]",)
WIRE: Final = ("tiktok/tests/integration/proofs/test_webhooks_on_the_wire.py",)
WEBHOOKS: Final = tuple(f"tiktok/tests/integration/webhooks/test_{what}.py" for what in ("receive", "removal"))
TOKENS: Final = tuple(
    f"tiktok/tests/integration/{what}.py" for what in ("access/test_tokens", "accounts/test_disconnect")
)
UNCLEAR: Final = (f"{_DELIVERY}/test_pull_rules.py::test_unclear_init_after_which_tiktok_downloaded_is_never_repeated",)
REFUSED: Final = (f"{_DELIVERY}/test_pull_rules.py::test_definite_refusal_revokes_the_addresses_and_goes_its_way",)
_ADDRESSES: Final = "tiktok/tests/integration/media/test_downloads.py"
RACE: Final = (
    f"{_DELIVERY}/test_serve_or_revoke.py::test_address_is_served_or_revoked_never_both",
    f"{_ADDRESSES}::test_address_revoked_since_it_was_looked_up_is_not_served",
)
HEADS: Final = (f"{_ADDRESSES}::test_head_names_the_file_and_does_not_count_as_served",)
TOUCHED: Final = (f"{_ADDRESSES}::test_file_that_was_touched_since_the_init_is_not_served",)
CUT_SHORT: Final = (f"{_ADDRESSES}::test_revoked_download_ends_within_its_next_blocks",)
LADDER: Final = (f"{_DELIVERY}/test_chunk_ladder.py",)
DRAFTS: Final = (f"{_DELIVERY}/test_drafts.py",)
STOPS: Final = (f"{_DELIVERY}/test_download_cancels.py",)
LAST_BYTES: Final = (f"{_PROOFS}::test_any_answer_to_the_last_bytes_publishes_once",)


@dataclass(frozen=True)
class Edit:
    """Replace ``old``, which occurs exactly once in the file, with ``new``."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """One change to break the product, and the tests of which at least one must fail."""

    name: str
    tests: Sequence[str]
    edits: tuple[Edit, ...]

    def apply(self, tree: Path) -> None:
        for edit in self.edits:
            file = tree / edit.path
            text = file.read_text()
            if text.count(edit.old) != 1:
                raise SystemExit(f"{self.name}: {edit.path} holds {text.count(edit.old)} times {edit.old!r}")
            file.write_text(text.replace(edit.old, edit.new))


def mutant(name: str, tests: Sequence[str], path: str, old: str, new: str, *more: Edit) -> Mutant:
    """Return a mutant of one edit, or of several."""
    return Mutant(name, tests, (Edit(path, old, new), *more))


def unguarded(name: str, path: str, permission: str, view: str) -> Mutant:
    """Return a mutant whose view forgets its permission, so that every member gets in."""
    old = f"@require_permission(Permission.{permission})\ndef {view}("
    return mutant(name, WALKER, path, old, f"@require_permission(Permission.CONTENT_VIEW)\ndef {view}(")


_SCOPES_AND_PERMISSIONS = [
    mutant(
        "content is not filtered by instance",
        WALKER,
        "instances/scoping.py",
        "return ContentQuerySet(self.model, using=self._db).filter(instance=instance)",
        "return ContentQuerySet(self.model, using=self._db)",
    ),
    mutant(
        "access ignores the tenant",
        WALKER,
        "instances/access.py",
        'TenantMembership.objects.filter(user=user, tenant=OuterRef("tenant"))',
        "TenantMembership.objects.filter(user=user)",
    ),
    mutant(
        "access ignores the instance",
        WALKER,
        "instances/access.py",
        'Membership.objects.filter(user=user, instance=OuterRef("pk"))',
        "Membership.objects.filter(user=user)",
    ),
    unguarded("anybody cancels a post", "tiktok/posts/web/actions.py", "POST_WRITE", "post_cancel"),
    unguarded("anybody sees the members", "instances/views/settings.py", "MEMBER_MANAGE", "settings_members"),
    unguarded("anybody disconnects an account", "tiktok/accounts/views.py", "ACCOUNT_MANAGE", "account_disconnect"),
    mutant(
        "any key cancels a post",
        WALKER,
        "tiktok/posts/rest/routes.py",
        '"/posts/{id:post_id}/cancel",\n    response={202: PostOut},\n    auth=require_scope(KeyScope.POSTS_PUBLISH),',
        '"/posts/{id:post_id}/cancel",\n    response={202: PostOut},\n    auth=require_scope(KeyScope.POSTS_READ),',
    ),
    mutant(
        "no key is needed to read a post",
        WALKER,
        "tiktok/posts/rest/routes.py",
        '"/posts/{id:post_id}", response=PostOut, auth=require_scope(KeyScope.POSTS_READ)',
        '"/posts/{id:post_id}", response=PostOut, auth=None',
    ),
    mutant(
        "a page reads past the scope",
        WALKER,
        "tiktok/posts/web/post_page.py",
        'Post.objects.select_related("account__instance", "created_by", "corrects")',
        'Post._base_manager.select_related("account__instance", "created_by", "corrects")',
    ),
    mutant(
        "a key of another instance is revoked",
        WALKER,
        "instances/views/settings.py",
        'ApiKey.objects.select_related("instance"), pk=key_id, instance=request.instance)',
        'ApiKey.objects.select_related("instance"), pk=key_id)',
    ),
]

_CONNECTING = [
    mutant(
        "a look at the callback's headers spends the code",
        WAYS_BACK,
        "tiktok/connect/oauth/urls.py",
        'if request.method == "GET":',
        "if request.method:",
    ),
    mutant(
        "whoever may not link any more still spends the code",
        WAYS_BACK,
        "tiktok/connect/oauth/adapter.py",
        "            check_attempt(request.user, self._attempt)\n",
        "",
    ),
    mutant(
        "another person who is signed in finishes the attempt",
        WAYS_BACK,
        "tiktok/connect/attempt.py",
        "if str(user.pk) != self.user:",
        "if False:",
    ),
    mutant(
        "a role that was taken meanwhile still links",
        WAYS_BACK,
        "tiktok/connect/attempt.py",
        "if not access.can(Permission.ACCOUNT_MANAGE if self.needs_manage else Permission.ACCOUNT_RECONNECT):",
        "if False:",
    ),
    mutant(
        "a reconnect takes whoever comes back",
        CONNECTING,
        "tiktok/connect/services.py",
        "if reconnect is not None and reconnect.credential.open_id != tokens.open_id:",
        "if False and reconnect is not None:",
    ),
    mutant(
        "the last of two windows forgets what the first one came to",
        WAYS_BACK,
        "tiktok/connect/result.py",
        "    session = type(request.session)(request.session.session_key)\n",
        "    session = request.session\n",
    ),
]

_LINKS: Final = "tiktok/connect/links"
_CONNECT_LINKS = [
    mutant(
        "a connect link is used twice",
        LINKS,
        f"{_LINKS}/services.py",
        "pk=link_id, used_at=None, revoked_at=None, instance__isnull=False, expires_at__gt=db_now()",
        "pk=link_id, revoked_at=None, instance__isnull=False, expires_at__gt=db_now()",
    ),
    mutant(
        "a connect link outlives its maker's right",
        LINKS,
        f"{_LINKS}/queries.py",
        "if access is None or not access.can(Permission.ACCOUNT_MANAGE):",
        "if access is None:",
    ),
    mutant(
        "a connect link never ends",
        LINKS,
        f"{_LINKS}/queries.py",
        "return LinkState.EXPIRED if link.expires_at <= timezone.now() else LinkState.OPEN",
        "return LinkState.OPEN",
    ),
    mutant(
        "whoever knows its id goes on with a connect link",
        LINKS,
        f"{_LINKS}/remembered.py",
        "return link_by_id(link_id) if str(link_id) in request.session.get(SESSION_KEY, []) else None",
        "return link_by_id(link_id)",
    ),
    mutant(
        "the loser's consent is kept",
        LINKS,
        f"{_LINKS}/finish.py",
        "except LinkUnusable:\n        services.let_go(app, tokens, asked_at)",
        "except LinkUnusable:\n        services.store_tokens(app, tokens, asked_at)",
    ),
]

_PROTOCOL = [
    mutant(
        "no fence",
        FROST,
        "tiktok/models/work.py",
        "WorkItem.objects.filter(post_id=post.pk, fence=self.fence, lease_until__gt=db_now())",
        "WorkItem.objects.filter(post_id=post.pk, lease_until__gt=db_now())",
    ),
    mutant(
        "a renewal without a fence",
        FROST,
        "tiktok/delivery/claims.py",
        "WorkItem.objects.filter(post_id=held.post_id, fence=held.fence, lease_until__gt=db_now())",
        "WorkItem.objects.filter(post_id=held.post_id)",
    ),
    mutant(
        "a release without a fence",
        FROST,
        "tiktok/delivery/claims.py",
        "WorkItem.objects.filter(post_id=held.post_id, fence=held.fence).update(",
        "WorkItem.objects.filter(post_id=held.post_id).update(",
    ),
    mutant(
        "the lease is never checked",
        FROST,
        "tiktok/models/work.py",
        "WorkItem.objects.filter(post_id=post.pk, fence=self.fence, lease_until__gt=db_now())",
        "WorkItem.objects.filter(post_id=post.pk, fence=self.fence)",
        Edit(
            "tiktok/delivery/claims.py",
            "WorkItem.objects.filter(post_id=held.post_id, fence=held.fence, lease_until__gt=db_now())",
            "WorkItem.objects.filter(post_id=held.post_id, fence=held.fence)",
        ),
    ),
    mutant(
        "publish_id saved late",
        DEATHS,
        "tiktok/delivery/start.py",
        "    return _adopt(step, keep_receipt(submission, answer), answer.upload_url)\n",
        """    with opened(step.media.file) as descriptor:
        chunk = plan_chunks(submission.video_size).chunk_at(0)
        content_posting.upload_chunk(
            tiktok_client(), upload_url=answer.upload_url, chunk=chunk, total_size=submission.video_size,
            content_type="video/mp4", body=FileChunkBody(descriptor, first=0, length=chunk.length),
        )
    Submission.objects.filter(pk=submission.pk).update(is_in_doubt=True)
    return _adopt(step, keep_receipt(submission, answer), answer.upload_url)
""",
        Edit(
            "tiktok/delivery/start.py",
            "from tiktok.api.errors import TikTokError\n",
            "from tiktok.access.gateway import tiktok_client\nfrom tiktok.api import content_posting\n"
            "from tiktok.api.body import FileChunkBody\nfrom tiktok.api.chunking import plan_chunks\n"
            "from tiktok.api.errors import TikTokError\n",
        ),
    ),
    mutant(
        "no commit point",
        CANCELS,
        "tiktok/delivery/upload.py",
        '            self.step.save(submission={"commit_point_at": read_db_now()})\n',
        "",
    ),
    mutant(
        "commit_point_at read before the lock",
        CANCELS,
        "tiktok/posts/services.py",
        "    with transaction.atomic():\n        person = Person(actor)\n",
        "    post.was_past = post.has_passed_commit_point()\n"
        "    with transaction.atomic():\n        person = Person(actor)\n",
        Edit(
            "tiktok/models/post.py",
            "self.has_passed_commit_point() if is_past_commit_point is None else is_past_commit_point\n",
            'self.was_past if hasattr(self, "was_past") else self.has_passed_commit_point()\n',
        ),
    ),
    mutant(
        "a person's move does not outdate the lease",
        CANCELS,
        "tiktok/models/work.py",
        """            "fence": F("fence") + 1,
            "lease_until": None,
            "lease_owner": "",
            "crashes": 0,
""",
        """            "crashes": 0,
""",
    ),
    mutant(
        "re-init on an odd PUT answer",
        LAST_BYTES,
        "tiktok/delivery/upload.py",
        'error_code="bug", tiktok_code="upload-400")\n    return _interrupted(step, submission, is_in_doubt=True)\n',
        'error_code="bug", tiktok_code="upload-400")\n    return _start_anew(step)\n',
    ),
    mutant(
        "R2 on 404 right after the point of no return",
        LAST_BYTES,
        "tiktok/delivery/upload.py",
        "    if submission.commit_point_at is None and says_missing and submission.url_died_at is not None:\n",
        "    if says_missing and submission.url_died_at is not None:\n",
    ),
    mutant(
        "one late proof is enough",
        (f"{_DELIVERY}/test_faults.py::test_one_late_read_that_lags_is_no_proof",),
        "tiktok/delivery/upload.py",
        "    return _prove_twice(step, submission)\n",
        "    return _start_anew(step)\n",
    ),
    mutant(
        "R3 on any FAILED",
        (f"{_DELIVERY}/test_codes.py::test_reason_that_will_not_pass_ends_the_post",),
        "tiktok/delivery/poll.py",
        "    if what.new_init_allowed and may_go_on:\n",
        "    if may_go_on:\n",
    ),
    mutant(
        "a post is reposted twice",
        (f"{_DELIVERY}/test_outages.py::test_two_people_who_repost_at_once_publish_once",),
        "tiktok/posts/reposts.py",
        "        if not lost_posts().filter(pk=post.pk).exists():\n",
        "        if False:\n",
    ),
    mutant(
        "tries of an outage are not spread",
        (f"{_DELIVERY}/test_outages.py::test_tries_are_spread_over_the_time_a_post_has",),
        "tiktok/delivery/tries.py",
        "    return latest if made == most - 1 else min(pause, latest)\n",
        "    return min(pause, latest)\n",
    ),
    mutant(
        "R1 despite a receipt",
        DEATHS,
        "tiktok/delivery/start.py",
        "    if receipt is not None:\n        return _adopt(step, receipt, _url_of(receipt))\n    step.move(",
        "    step.move(",
    ),
    mutant(
        "an init that was not recorded",
        DEATHS,
        "tiktok/delivery/start.py",
        "    return _adopt(step, keep_receipt(submission, answer), answer.upload_url)\n",
        """    known = {
        "publish_id": answer.publish_id,
        "upload_url": seal(Submission, submission.pk, "upload_url", answer.upload_url),
    }
    step.move(PostState.UPLOADING, submission=known, hold_count=0)
    return RUN_AGAIN
""",
    ),
    mutant(
        "nobody asks after a dropped claim",
        DEATHS,
        "tiktok/delivery/step.py",
        "        self.was_dropped = claim.was_dropped\n",
        "        self.was_dropped = False\n",
    ),
    mutant(
        "acknowledged chunks are not saved",
        CHUNKS,
        "tiktok/delivery/upload.py",
        'changes: dict[str, object] = {"sent_bytes": chunk.last + 1, "sending_bytes": 0, "failures": 0}',
        'changes: dict[str, object] = {"sending_bytes": 0, "failures": 0}',
    ),
    mutant(
        "an upload keeps its credential's place",
        DEATHS,
        "tiktok/posts/submissions.py",
        "closed_at=timezone.now(), closed_because=because, is_uploading=False, **changes",
        "closed_at=timezone.now(), closed_because=because, **changes",
    ),
    mutant(
        "crashes are never counted",
        (f"{_DELIVERY}/test_before_the_start.py",),
        "tiktok/delivery/claims.py",
        'crashes=F("crashes") + 1',
        'crashes=F("crashes")',
    ),
    mutant(
        "a claim takes what another one holds",
        (f"{_DELIVERY}/test_races.py::test_two_workers_at_one_post",),
        "tiktok/delivery/claims.py",
        "    return Q(lease_until=None) | Q(lease_until__lte=now)\n",
        "    return Q()\n",
    ),
]


def webhook(name: str, path: str, old: str, new: str, *, tests: Sequence[str] = WEBHOOKS) -> Mutant:
    """Return a mutant that the tests of TikTok's webhooks, or of forged ones, must notice."""
    return mutant(f"webhooks: {name}", tests, f"tiktok/webhooks/{path}", old, new)


_WEBHOOKS = [
    webhook("any signature", "services.py", "if secret and signature.fits(body, secret):", "if secret:"),
    webhook("for ever", "services.py", "if not signature.is_in_time(read_db_now().timestamp()):", "if False:"),
    webhook("one secret", "services.py", '("client_secret", "old_client_secret")', '("client_secret",)'),
    webhook("half a body", "views.py", ".read(MOST_BYTES + 1)", ".read(MOST_BYTES)", tests=WIRE),
    webhook("all apps", "removal.py", "filter(app_id=row.app_id, open_id", "filter(open_id"),
    webhook("late ones", "removal.py", "if order is Order.EVENT_FIRST:", "if not order:"),
    webhook("our own echo", "removal.py", "is None or not is_linked(credential.pk):", "is None:"),
    webhook("unclear ones", "removal.py", "if _is_alive(credential):", "if not credential:"),
    mutant(
        "webhooks: twice at a time",
        WEBHOOKS,
        "core/jobs/lease.py",
        "counted = rows.filter(attempts=attempts)",
        "counted = rows.all()",
    ),
]


def token(name: str, old: str, new: str, *, path: str = "access/tokens.py") -> Mutant:
    """Return a mutant that would lose a link, or publish with another account's tokens."""
    return mutant(f"tokens: {name}", TOKENS, f"tiktok/{path}", old, new)


_TOKENS = [
    token("anybody refreshes", "free=free, refresh_owner=owner", "free=Q(pk=row.pk), refresh_owner=owner"),
    token(
        "a late answer wins",
        "filter(pk=row.pk, version=row.version).update(**changes)",
        "filter(pk=row.pk).update(**changes)",
    ),
    token(
        "half a pair",
        '"refresh_token": seal(TikTokCredential, credential_id, "refresh_token", tokens.refresh_token),',
        "",
    ),
    token("another user's pair", "if tokens.open_id != row.open_id:", "if not tokens.open_id:"),
    token("a dead process is waited for", "    if _is_dead(row):", "    if not row:"),
    token("a lost answer is the end", "if error.kind not in MAYBE_ROTATED:", "if error:"),
    token("a database that is away", "            connection.close()\n", "            return False\n"),
    token("refused tokens are used again", "if row.version == refresh_now or not _has_left(", "if not _has_left("),
    token("two hours for everybody", "life = _lifetime(tokens.expires_in_s)", "life = timedelta(hours=2)"),
    token(
        "a refusal is believed at once",
        "filter(pk=credential_id, version=seen_version)",
        "filter(pk=credential_id)",
        path="access/status.py",
    ),
    token(
        "the first who leaves revokes",
        "    if grants.is_linked_anywhere(account.credential_id, without=account.pk):\n        return SHARED\n",
        "",
        path="accounts/disconnect.py",
    ),
    token("a dead pair looks alive", "if row.version == revoked.version:", "if row:", path="access/grants.py"),
]

_WAYS = [
    mutant(
        "an unclear download is begun again",
        UNCLEAR,
        "tiktok/delivery/pull.py",
        "            if not revoke_unserved(step.submission):\n",
        "            if not revoke_unserved(step.submission) and fault is None:\n",
    ),
    mutant(
        "an unclear download counts as refused",
        UNCLEAR,
        "tiktok/delivery/pull.py",
        "if isinstance(fault, TikTokError) and fault.was_sent and not fault.is_definite:",
        "if isinstance(fault, TikTokError) and not fault.was_sent:",
    ),
    mutant(
        "addresses are revoked late",
        RACE,
        "tiktok/models/capability.py",
        "    revoked = ours.filter(first_served_at=None, revoked_at=None).update(revoked_at=db_now())\n",
        "    revoked = ours.filter(first_served_at=None, revoked_at=None).count()\n",
    ),
    mutant(
        "a revoked address is served",
        RACE,
        "tiktok/models/capability.py",
        "return self._valid().filter(pk=self.pk).update(first_served_at=served_at) > 0",
        "return type(self).objects.filter(pk=self.pk).update(first_served_at=served_at) > 0",
    ),
    mutant(
        "an ended attempt's addresses stay valid",
        REFUSED,
        "tiktok/posts/submissions.py",
        "    revoke(opened)\n",
        "",
    ),
    mutant(
        "HEAD counts as served",
        HEADS,
        "tiktok/media/downloads.py",
        'if request.method == "GET" and not address.start_serving():',
        "if not address.start_serving():",
    ),
    mutant(
        "a touched file is served",
        TOUCHED,
        "tiktok/media/downloads.py",
        "    if address is None or not _is_untouched(address):\n",
        "    if address is None:\n",
    ),
    mutant(
        "a revoked download goes on",
        CUT_SHORT,
        "tiktok/media/serve.py",
        "        if not self._may_go_on():\n            raise CutShort\n",
        "        self._may_go_on()\n",
    ),
    mutant(
        "the next chunk plan after an unclear init",
        LADDER,
        "tiktok/delivery/start.py",
        "if not (isinstance(fault, TikTokError) and fault.is_definite and fault.is_about_chunks):",
        "if not (isinstance(fault, TikTokError) and fault.is_about_chunks):",
    ),
    mutant(
        "a refused chunk plan is forgotten",
        LADDER,
        "tiktok/delivery/chunk_ladder.py",
        "    if too_large is None:\n",
        "    if app:\n",
    ),
    mutant(
        "a sixth draft goes out",
        DRAFTS,
        "tiktok/access/quota.py",
        "    return newest[-1] + WINDOW if len(newest) == PENDING_DRAFTS_MAX else None\n",
        "    return newest[-1] + WINDOW if len(newest) > PENDING_DRAFTS_MAX else None\n",
    ),
    mutant(
        "a draft that waits holds direct posts",
        DRAFTS,
        "tiktok/posts/queue.py",
        ".exclude(_waits_apart_from(post))",
        "",
    ),
    mutant(
        "a draft keeps its last id alone",
        DRAFTS,
        "tiktok/delivery/poll.py",
        "return list(dict.fromkeys([*post.post_ids, *status.post_ids]))",
        "return list(status.post_ids[-1:])",
    ),
    mutant(
        "cancelled because TikTok took the request",
        STOPS,
        "tiktok/delivery/download_stop.py",
        "    step.note(cancel_answer(STOPPED))\n",
        "    step.note(cancel_answer(STOPPED))\n"
        "    step.move(PostState.CANCELLED, cause=EventCause.TIKTOK, closes=STOPPED)\n",
        Edit(
            "tiktok/delivery/download_stop.py",
            "from tiktok.models import Submission\n",
            "from tiktok.models import EventCause, PostState, Submission\n",
        ),
    ),
]

MUTANTS: Final = [*_SCOPES_AND_PERMISSIONS, *_CONNECTING, *_CONNECT_LINKS, *_PROTOCOL, *_WAYS, *_WEBHOOKS, *_TOKENS]
