"""Made-up patients and slices of them, drawn from seeds: the default data, and what the base that ships learnt."""
