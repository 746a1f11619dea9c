"""Ask TikTok to stop downloading the media of a post that a person cancels. Only its status tells whether it did."""

from tiktok.access.call import call
from tiktok.api import content_posting
from tiktok.api.errors import TikTokError
from tiktok.api.limits import Endpoint
from tiktok.delivery.faults import FAULTS, Fault, is_passing
from tiktok.delivery.step import Step
from tiktok.models import Submission
from tiktok.posts.download_cancels import STOPPED, cancel_answer, has_pending_cancel


def stop_if_asked(step: Step, submission: Submission) -> None:
    """Send TikTok's cancel if a person asked for it and TikTok has not answered yet.

    Cancelling is harmless when repeated, so an unclear answer leaves it pending: the next poll sends it again.
    """
    if not has_pending_cancel(step.post):
        return
    step.renew()
    try:
        call(
            submission.credential_id,
            Endpoint.CANCEL,
            lambda client, token: content_posting.cancel_publish(
                client, access_token=token.access_token, publish_id=submission.publish_id
            ),
            known=step.known(submission.credential_id),
        )
    except FAULTS as fault:
        if not is_passing(fault):
            step.note(cancel_answer(_code_of(fault)))
        return
    step.note(cancel_answer(STOPPED))
    step.save(submission={"polls": 0})  # its effect shows within seconds


def _code_of(fault: Fault) -> str:
    return fault.code if isinstance(fault, TikTokError) else "reconnect_needed"
