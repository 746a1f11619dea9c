"""A laboratory for the publish protocol: workers that die or freeze at any commit and any outside call."""
