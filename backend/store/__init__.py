"""Tables, database engine, migrations."""
