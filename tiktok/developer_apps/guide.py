"""The set-up guide: TikTok's portal step by step, the values to enter there, and the steps that are done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from core.doctor import address, environment
from core.doctor.finding import Finding, State, good, unknown, worst
from core.doctor.run import CheckContext
from tiktok.access.scopes import feature_of
from tiktok.api.types import USED_SCOPES, Scope
from tiktok.developer_apps import registration, secret_check, standing
from tiktok.developer_apps.deliveries import webhooks
from tiktok.developer_apps.prefix.check import obstacle_of
from tiktok.developer_apps.prefix.problems import explain
from tiktok.developer_apps.prefix.services import expected_prefix
from tiktok.developer_apps.prefix.standing import url_prefix
from tiktok.developer_apps.registration import is_own_machine
from tiktok.models import TikTokApp, TikTokCredential

PUBLISHING: Final = frozenset({Scope.VIDEO_PUBLISH, Scope.VIDEO_UPLOAD})


@dataclass(frozen=True, slots=True)
class Copy:
    """A value to copy into TikTok's portal exactly."""

    id: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """``findings`` is empty if only a person can check it; ``checked_at``: when it was last found right.

    ``page`` is the name and the label of the back office's page about the step.
    """

    key: str
    title: str
    todo: tuple[str, ...]
    copies: tuple[Copy, ...] = ()
    findings: tuple[Finding, ...] = ()
    checked_at: datetime | None = None
    page: tuple[str, str] | None = None

    @property
    def state(self) -> State | None:
        """Return the worst state of the findings; None if nothing was checked."""
        return worst(self.findings) if self.findings else None

    @property
    def is_done(self) -> bool:
        """Return whether it is right now, or was before and is not found wrong now."""
        if self.state == State.OK:
            return True
        return self.checked_at is not None and self.state == State.CANNOT_TELL


Writer = Callable[[TikTokApp | None, CheckContext], Step]


def steps(app: TikTokApp | None, context: CheckContext) -> list[Step]:
    """Return all steps in the order of the portal; without an app those that can be shown before one is entered."""
    found = [write(app, context) for write in WRITERS]
    ticks = app.setup_ticks if app else {}
    return [replace(step, checked_at=_when(ticks.get(step.key))) for step in found]


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def record_checks(app: TikTokApp, found: list[Step]) -> list[Step]:
    """Record steps that are right now, and clear those that are wrong now; unknown ones stay."""
    now = timezone.now()
    kept = {step.key: step.checked_at for step in found if step.state == State.CANNOT_TELL and step.checked_at}
    times = kept | {step.key: now for step in found if step.state == State.OK}
    app.setup_ticks = {key: at.isoformat() for key, at in times.items()}
    TikTokApp.objects.filter(pk=app.pk).update(setup_ticks=app.setup_ticks)
    return [replace(step, checked_at=times.get(step.key)) for step in found]


# The steps


def _address(_app: TikTokApp | None, context: CheckContext) -> Step:
    if is_own_machine():
        first = _("This is your own machine: TikTok returns people here only for apps of the type Desktop.")
    else:
        first = _("TikTok sends people and webhooks to this address, so it must be permanent and lead here.")
    found = [*environment.hosts(context), *address.reaches_us(context)]
    return Step(
        "address", _("Clipdesk’s own address"),
        (first, _("It is BASE_URL in the environment. Change it there and restart before you continue.")),
        (Copy("base-url", "BASE_URL", settings.BASE_URL),),
        tuple(finding for finding in found if finding.check in ("https", address.ADDRESS)),
    )  # fmt: skip


def _portal(_app: TikTokApp | None, _context: CheckContext) -> Step:
    todo = (
        _(
            "On developers.tiktok.com, open “Manage apps” and connect an app. Its name must not contain a social"
            " network’s name."
        ),
        _("To start right away, switch the app’s page to “Sandbox” and create one: it needs no review."),
        _("TikTok requires public addresses of a website, its terms and its privacy policy."),
    )
    if is_own_machine():
        return Step("portal", _("Create the app at TikTok"), todo)
    base = settings.BASE_URL
    copies = (
        Copy("website", _("Website"), f"{base}/"),
        Copy("terms", _("Terms of service"), f"{base}/terms/"),
        Copy("privacy", _("Privacy policy"), f"{base}/privacy/"),
    )
    return Step("portal", _("Create the app at TikTok"), todo, copies)


def _products(app: TikTokApp | None, _context: CheckContext) -> Step:
    todo = (
        _("Add the product “Login Kit”."),
        _("Add the product “Content Posting API” and turn on “Direct Post”."),
    )
    return Step("products", _("Add the products"), todo, findings=(_granted_products(app),) if app else ())


def _granted_products(app: TikTokApp) -> Finding:
    """Infer an app's products from the scopes that an account has granted, since TikTok does not show them."""
    granted = TikTokCredential.objects.filter(app=app).values_list("scopes", flat=True)
    if any(PUBLISHING & set(scopes) for scopes in granted):
        return good("products", _("An account has granted publishing, so both products are added."), subject=app.name)
    return unknown("products", _("Clipdesk can check this once an account is connected."), subject=app.name)


def _redirect(app: TikTokApp | None, _context: CheckContext) -> Step:
    if is_own_machine():
        platform = _("In “Login Kit”, choose the platform Desktop; Web does not accept an address of your own machine.")
    else:
        platform = _("In “Login Kit”, choose the platform Web.")
    todo = (platform, _("Enter this redirect URI exactly, including the slash at the end:"))
    copies = (Copy("redirect-uri", _("Redirect URI"), registration.expected_redirect_uri()),)
    found = (registration.redirect_uri(app),) if app else ()
    return Step("redirect", _("Register the redirect URI"), todo, copies, found)


def _scopes(app: TikTokApp | None, _context: CheckContext) -> Step:
    head = _("Under “Scopes”, add these. Leave out only those you do not need, and add no others:")
    lines = tuple(f"{scope} — {feature_of(scope)}" for scope in USED_SCOPES)
    found = tuple(registration.scopes(app)) if app else ()
    return Step("scopes", _("Add the scopes"), (head, *lines), findings=found)


def _webhook(app: TikTokApp | None, _context: CheckContext) -> Step:
    title = _("Register the webhook")
    if is_own_machine():
        todo = _("Skip this: TikTok can’t reach your own machine. Clipdesk polls TikTok instead, which takes longer.")
        return Step("webhook", title, (todo,))
    todo = _("Under “Webhooks”, enter this callback URL. TikTok then reports revoked authorizations.")
    copies = (Copy("webhook", _("Callback URL"), registration.webhook_url()),)
    return Step("webhook", title, (todo,), copies, tuple(webhooks(app)) if app else ())


def _prefix(app: TikTokApp | None, context: CheckContext) -> Step:
    title = _("Let TikTok download photos")
    prefix = expected_prefix()
    if fault := obstacle_of(prefix):
        skip = _("Skip this. Clipdesk uploads videos; photos can’t be published from here.")
        return Step("prefix", title, (skip, explain(fault, url=prefix).text))
    todo = [_("TikTok downloads photos from Clipdesk, and only from an address that it has verified.")]
    if app is None:
        todo.append(_("Clipdesk shows the steps on a page of its own after you add the app."))
        return Step("prefix", title, tuple(todo))
    found = tuple(url_prefix(app, context)) if app.verification_file else ()
    page = ("admin:tiktok_tiktokapp_prefix", _("Set up URL prefix"))
    return Step("prefix", title, tuple(todo), findings=found, page=page)


def _people(app: TikTokApp | None, _context: CheckContext) -> Step:
    sandbox = (
        _("Sandbox: under “Target users”, add up to ten TikTok accounts. Each owner has to log in and agree there."),
        _("TikTok may take up to an hour to accept a new target user."),
    )
    review = _("Production: submit the app for review. Accounts can be connected once TikTok has approved it.")
    todo = sandbox if app and app.is_sandbox else (review,) if app else (*sandbox, review)
    return Step(
        "people", _("Add target users or request review"), todo, findings=(standing.approval(app),) if app else ()
    )


def _keys(app: TikTokApp | None, context: CheckContext) -> Step:
    todo = (
        _("Copy “Client key” and “Client secret” from the app’s page. A sandbox has its own pair."),
        _("Enter them in the app’s form, without quotation marks and spaces, and save."),
    )
    found = tuple(secret_check.key_and_secret(app, context)) if app else ()
    return Step("keys", _("Enter key and secret here"), todo, findings=found)


def _audit(app: TikTokApp | None, _context: CheckContext) -> Step:
    todo = (
        _("Connect the first account: in an instance, Accounts → Connect TikTok."),
        _("For public posts, ask TikTok to audit Direct Post. Until then, accounts must be private."),
    )
    return Step("audit", _("Connect and publish"), todo, findings=(standing.audit(app),) if app else ())


WRITERS: Final[tuple[Writer, ...]] = (
    _address, _portal, _products, _redirect, _scopes, _webhook, _prefix, _people, _keys, _audit,
)  # fmt: skip
