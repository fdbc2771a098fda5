"""What an image file carries beside its grey pixels, one file a format."""
