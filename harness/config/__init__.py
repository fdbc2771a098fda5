"""What a user may type: options, how Hydra composes them, the settings that come out, and errors as sentences."""
