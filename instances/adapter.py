"""allauth's behaviour in this product."""

from allauth.account.adapter import DefaultAccountAdapter


class InstanceAccountAdapter(DefaultAccountAdapter):
    """Sign-up makes a tenant and a first instance in one step."""
