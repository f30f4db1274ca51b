from hypothesis import settings

# A time limit for each example would make these tests depend on how busy the machine is.
settings.register_profile("no_deadline", deadline=None, max_examples=50)
settings.load_profile("no_deadline")
