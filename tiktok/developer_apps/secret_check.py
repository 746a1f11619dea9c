"""Check by a harmless call that TikTok knows an app's key and secret; the secret is never shown."""

from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, fault, good, unknown
from core.doctor.run import CheckContext, not_asked
from tiktok.access.gateway import check_secret
from tiktok.api.errors import ErrorKind, InvalidClient, OperatorFault, TikTokError
from tiktok.api.secret import Secret
from tiktok.developer_apps.registration import place
from tiktok.developer_apps.rules import check_key
from tiktok.developer_apps.standing import APPROVAL
from tiktok.models import TikTokApp
from tiktok.models.fields import Undecryptable

KEY: Final = "client-key"
SECRET: Final = "client-secret"  # noqa: S105 - a check's name


def key_and_secret(app: TikTokApp, context: CheckContext) -> list[Finding]:
    """Check that they have TikTok's form, and that TikTok accepts them."""
    key, secret = _key(app), _stored_secret(app)
    if isinstance(secret, Finding):
        return [key, secret]
    if not context.is_online:
        return [key, not_asked(SECRET, "TikTok")]
    return [key, *_ask(app, secret)]


def _key(app: TikTokApp) -> Finding:
    where = place(app, _("Client key"), "TIKTOK_CLIENT_KEY")
    if not app.client_key:
        text = _("There is a client secret but no client key.")
        return fault(KEY, text, _("Copy it from the app’s page at TikTok: %(place)s.") % {"place": where})
    if not _is_plain(app.client_key):
        text = _("The client key contains quotation marks, spaces or a line break.")
        return fault(KEY, text, _("Enter it without them: %(place)s.") % {"place": where}, subject=app.name)
    return good(KEY, _("The client key is %(key)s.") % {"key": app.client_key}, subject=app.name)


def _is_plain(text: str) -> bool:
    try:
        check_key(text)
    except ValidationError:
        return False
    return True


def _stored_secret(app: TikTokApp) -> Secret | Finding:
    where = place(app, _("Client secret"), "TIKTOK_CLIENT_SECRET")
    try:
        secret: Secret | None = app.client_secret
    except Undecryptable:
        step = _("Add the missing key to FIELD_ENCRYPTION_KEYS again, or enter the secret again: %(place)s.")
        text = _("The stored client secret cannot be read with the current keys.")
        return fault(SECRET, text, step % {"place": where}, subject=app.name)
    if not secret:
        text = _("There is a client key but no client secret.")
        step = _("Copy it from the app’s page at TikTok: %(place)s.") % {"place": where}
        return fault(SECRET, text, step, subject=app.name)
    if not _is_plain(secret.reveal()):
        text = _("The client secret contains quotation marks, spaces or a line break.")
        return fault(SECRET, text, _("Enter it without them: %(place)s.") % {"place": where}, subject=app.name)
    return secret


def _ask(app: TikTokApp, secret: Secret) -> list[Finding]:
    try:
        check_secret(app, secret, is_impatient=True)
    except InvalidClient:
        return [_refused(app)]
    except OperatorFault as error:
        return [_odd_refusal(app, error)]
    except TikTokError as error:
        return [_no_answer(app, error)]
    return [good(SECRET, _("TikTok accepts this client key and secret."), subject=app.name)]


def _refused(app: TikTokApp) -> Finding:
    if _is_old_one_known(app):
        text = _("TikTok rejects this secret (invalid_client). Clipdesk uses the previous one, which still works.")
        step = _("Finish the change at TikTok, or copy the secret again from the app’s page: %(place)s.")
        where = place(app, _("Client secret"), "TIKTOK_CLIENT_SECRET")
        return fault(SECRET, text, step % {"place": where}, subject=app.name)
    where = place(app, _("Client key and Client secret"), "TIKTOK_CLIENT_KEY, TIKTOK_CLIENT_SECRET")
    step = _("Copy both again from the app’s page at TikTok (a sandbox has its own pair): %(place)s.")
    text = _("TikTok rejects this client key and secret (invalid_client).")
    return fault(SECRET, text, step % {"place": where}, subject=app.name)


def _is_old_one_known(app: TikTokApp) -> bool:
    try:
        if (old := app.old_client_secret) is None:
            return False
        check_secret(app, old, is_impatient=True)
    except (TikTokError, Undecryptable):
        return False
    return True


def _odd_refusal(app: TikTokApp, error: OperatorFault) -> Finding:
    if error.code == "unauthorized_client":
        text = _("TikTok rejects this app (unauthorized_client): it is not approved yet, or was suspended.")
        step = _("Submit it for review in TikTok’s portal, or use a sandbox of the app with its own key and secret.")
        return fault(APPROVAL, text, step, subject=app.name)
    text = _("TikTok answered %(code)s, which neither confirms nor rejects key and secret.") % {"code": error.code}
    return unknown(SECRET, text, _("Connect an account; TikTok’s page then shows more."), subject=app.name)


def _no_answer(app: TikTokApp, error: TikTokError) -> Finding:
    step = _("Try again in a minute.")
    if error.kind == ErrorKind.NET:
        step = _("Allow https connections from this server to TikTok (firewall, DNS), then try again.")
    return unknown(
        SECRET, _("Clipdesk could not ask TikTok (%(code)s).") % {"code": error.code}, step, subject=app.name
    )
