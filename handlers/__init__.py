"""The flows: pure reducers, one file per intent."""
