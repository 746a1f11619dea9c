"""Running the embedded product: the processes of ``up``, who keeps them alive, and the lock on ``DATA_DIR``."""
