"""The embedded product: the processes of ``up``, their supervisor, and the lock on ``DATA_DIR``."""
