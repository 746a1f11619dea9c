"""Why an attempt may not go on: nothing is stored, and no code of TikTok's is spent."""

from typing import Final

from tiktok.connect import outcomes
from tiktok.connect.attempt import NotAllowed
from tiktok.connect.links.outcomes import unusable
from tiktok.connect.links.queries import LinkState
from tiktok.connect.outcomes import Outcome

OF_A_LINK: Final = "link_"


def refusal(refused: NotAllowed) -> Outcome:
    """What has become of the connect link, or of the person's role."""
    if refused.code.startswith(OF_A_LINK):
        return unusable(LinkState(refused.code.removeprefix(OF_A_LINK)))
    return outcomes.fault(refused.code)
