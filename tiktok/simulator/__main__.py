"""``python -m tiktok.simulator --port 8010``."""

from tiktok.simulator.cli import main

if __name__ == "__main__":
    main()
