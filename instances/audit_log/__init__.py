"""The audit log as people read it: sentences, filters, CSV."""
