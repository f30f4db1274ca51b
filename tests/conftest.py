import os

# Before NumPy or torch is loaded, and for every process that a test starts: what is computed here
# is small, and threads that wait for each other take longer than one does it, and twice the time
# of the processor. What must not hang on the number of threads sets it for itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

# A time limit for each example would make these tests depend on how busy the machine is.
settings.register_profile("no_deadline", deadline=None, max_examples=50)
settings.load_profile("no_deadline")
