from hypothesis import settings

# A time limit for each example would make these tests depend on how busy the machine is.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")
