"""规知."""

import os

# Set before numpy is loaded. Two threads would make learning (qa.sense) depend in the last digits on what else the machine does, and slower beside it;
# a question costs less than waking a thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
