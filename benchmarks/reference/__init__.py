"""Reference pages that are made of the code: options, attacks, families, commands, fields of files."""
