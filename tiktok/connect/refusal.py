"""Why an attempt may not continue: nothing is stored, and no code is exchanged."""

from typing import Final

from tiktok.connect import outcomes
from tiktok.connect.attempt import NotAllowed
from tiktok.connect.links.outcomes import unusable
from tiktok.connect.links.queries import LinkState
from tiktok.connect.outcomes import Outcome

OF_A_LINK: Final = "link_"


def refusal(refused: NotAllowed) -> Outcome:
    """Return the outcome for a connect link that does not work, or for a person without the right."""
    if refused.code.startswith(OF_A_LINK):
        return unusable(LinkState(refused.code.removeprefix(OF_A_LINK)))
    return outcomes.fault(refused.code)
