"""What a challenge handed out: its folders, its images against what is known of them."""
