"""`python -m harness.audit`: does a folder of synthetic images give away the patients a generator learnt from?"""
