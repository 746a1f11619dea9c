"""The set-up guide: TikTok's portal step by step, what to enter there, and which steps are right already."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from core.doctor import address, environment
from core.doctor.finding import Finding, State, good, unknown, worst
from core.doctor.run import Visit
from tiktok.access.scopes import FEATURES
from tiktok.api.types import Scope
from tiktok.developer_apps import registration, secret_check, standing
from tiktok.developer_apps.deliveries import webhooks
from tiktok.developer_apps.registration import is_own_machine
from tiktok.models import TikTokApp, TikTokCredential

PUBLISHING: Final = frozenset({Scope.VIDEO_PUBLISH, Scope.VIDEO_UPLOAD})


@dataclass(frozen=True, slots=True)
class Copy:
    """Something to enter in TikTok's portal, to the letter."""

    id: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """``findings`` is empty for what only a person can see; ``ticked_at``: when it was last found right."""

    key: str
    title: str
    todo: tuple[str, ...]
    copies: tuple[Copy, ...] = ()
    findings: tuple[Finding, ...] = ()
    ticked_at: datetime | None = None

    @property
    def state(self) -> State | None:
        """What the findings come to; None where nothing was looked at."""
        return worst(self.findings) if self.findings else None

    @property
    def is_done(self) -> bool:
        """Found right now, or before and not found wrong now."""
        if self.state == State.OK:
            return True
        return self.ticked_at is not None and self.state == State.CANNOT_TELL


Writer = Callable[[TikTokApp | None, Visit], Step]


def steps(app: TikTokApp | None, visit: Visit) -> list[Step]:
    """All steps in the order of the portal; without an app what can be said before one is entered."""
    found = [write(app, visit) for write in WRITERS]
    ticks = app.setup_ticks if app else {}
    return [replace(step, ticked_at=_when(ticks.get(step.key))) for step in found]


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def tick(app: TikTokApp, found: list[Step]) -> list[Step]:
    """Write down what is right now, and forget what is wrong now; what cannot be told stays as it was."""
    now = timezone.now()
    kept = {step.key: step.ticked_at for step in found if step.state == State.CANNOT_TELL and step.ticked_at}
    times = kept | {step.key: now for step in found if step.state == State.OK}
    app.setup_ticks = {key: at.isoformat() for key, at in times.items()}
    TikTokApp.objects.filter(pk=app.pk).update(setup_ticks=app.setup_ticks)
    return [replace(step, ticked_at=times.get(step.key)) for step in found]


# The steps


def _address(_app: TikTokApp | None, visit: Visit) -> Step:
    if is_own_machine():
        first = _("This is your own machine: TikTok sends people back here only for apps of the type Desktop.")
    else:
        first = _("TikTok sends people and reports to this address, so it must stay and lead here.")
    found = [*environment.hosts(visit), *address.reaches_us(visit)]
    return Step(
        "address", _("Clipdesk's own address"),
        (first, _("It is BASE_URL in the environment. Change it there and restart before you go on.")),
        (Copy("base-url", "BASE_URL", settings.BASE_URL),),
        tuple(finding for finding in found if finding.check in ("https", address.ADDRESS)),
    )  # fmt: skip


def _portal(_app: TikTokApp | None, _visit: Visit) -> Step:
    todo = (
        _("On developers.tiktok.com open “Manage apps” and connect an app. Its name must not be a social network's."),
        _("To try things at once, switch the app's page to “Sandbox” and make one: it needs no review."),
        _("TikTok asks for public addresses of a website, its terms and its privacy policy."),
    )
    if is_own_machine():
        return Step("portal", _("Make the app at TikTok"), todo)
    base = settings.BASE_URL
    copies = (
        Copy("website", _("Website"), f"{base}/"),
        Copy("terms", _("Terms of service"), f"{base}/terms/"),
        Copy("privacy", _("Privacy policy"), f"{base}/privacy/"),
    )
    return Step("portal", _("Make the app at TikTok"), todo, copies)


def _products(app: TikTokApp | None, _visit: Visit) -> Step:
    todo = (
        _("Add the product “Login Kit”."),
        _("Add the product “Content Posting API” and turn on “Direct Post” in it."),
    )
    return Step("products", _("Add the products"), todo, findings=(_granted_products(app),) if app else ())


def _granted_products(app: TikTokApp) -> Finding:
    """TikTok shows an app's products to nobody; what an account has granted proves them."""
    granted = TikTokCredential.objects.filter(app=app).values_list("scopes", flat=True)
    if any(PUBLISHING & set(scopes) for scopes in granted):
        return good("products", _("An account has granted publishing, so both are there."), subject=app.name)
    return unknown("products", _("The first connected account shows it."), subject=app.name)


def _redirect(app: TikTokApp | None, _visit: Visit) -> Step:
    if is_own_machine():
        platform = _("In “Login Kit” choose the platform Desktop; Web takes no address of your own machine.")
    else:
        platform = _("In “Login Kit” choose the platform Web.")
    todo = (platform, _("Enter this as redirect URI, to the letter, with the slash at its end:"))
    copies = (Copy("redirect-uri", _("Redirect URI"), registration.expected_redirect_uri()),)
    found = (registration.redirect_uri(app),) if app else ()
    return Step("redirect", _("Register the redirect URI"), todo, copies, found)


def _scopes(app: TikTokApp | None, _visit: Visit) -> Step:
    head = _("Under “Scopes” add these. Leave out only what you can do without, and ask for no others:")
    lines = tuple(f"{scope} — {FEATURES[scope]}" for scope in Scope)
    found = tuple(registration.scopes(app)) if app else ()
    return Step("scopes", _("Add the scopes"), (head, *lines), findings=found)


def _webhook(app: TikTokApp | None, _visit: Visit) -> Step:
    title = _("Register the webhook")
    if is_own_machine():
        todo = _("Skip this: TikTok cannot reach your own machine. Clipdesk asks TikTok by itself, which takes longer.")
        return Step("webhook", title, (todo,))
    todo = _("Under “Webhooks” enter this as callback URL. TikTok then reports when somebody takes a permission back.")
    copies = (Copy("webhook", _("Callback URL"), registration.webhook_url()),)
    return Step("webhook", title, (todo,), copies, tuple(webhooks(app)) if app else ())


def _people(app: TikTokApp | None, _visit: Visit) -> Step:
    sandbox = (
        _("Sandbox: under “Target users” add up to ten TikTok accounts. Each has to sign in and agree there."),
        _("It may take an hour until TikTok lets a new target user in."),
    )
    review = _("Production: submit the app for review. Until TikTok approves it, nobody can connect an account.")
    todo = sandbox if app and app.is_sandbox else (review,) if app else (*sandbox, review)
    return Step("people", _("Let people in"), todo, findings=(standing.approval(app),) if app else ())


def _keys(app: TikTokApp | None, visit: Visit) -> Step:
    todo = (
        _("Copy “Client key” and “Client secret” from the app's page. A sandbox has a pair of its own."),
        _("Enter them in the form of the app, without quotation marks and blanks, and save."),
    )
    found = tuple(secret_check.key_and_secret(app, visit)) if app else ()
    return Step("keys", _("Enter key and secret here"), todo, findings=found)


def _audit(app: TikTokApp | None, _visit: Visit) -> Step:
    todo = (
        _("Connect the first account: in an instance, Accounts → Connect TikTok."),
        _("For public posts ask TikTok for the audit of Direct Post. Until then accounts must be private."),
    )
    return Step("audit", _("Connect and publish"), todo, findings=(standing.audit(app),) if app else ())


WRITERS: Final[tuple[Writer, ...]] = (
    _address, _portal, _products, _redirect, _scopes, _webhook, _people, _keys, _audit,
)  # fmt: skip
