"""Why an attempt may not go on: nothing is stored, and no code of TikTok's is spent."""

from tiktok.linking import outcomes
from tiktok.linking.attempt import LinkAttempt
from tiktok.linking.connect_links.outcomes import unusable
from tiktok.linking.connect_links.queries import standing_of
from tiktok.linking.outcomes import Outcome


def refusal(attempt: LinkAttempt) -> Outcome:
    """For an attempt whose ``access`` is None: what has become of the connect link, or of the person's role."""
    return unusable(standing_of(attempt.find_link()).state) if attempt.link else outcomes.not_allowed()
