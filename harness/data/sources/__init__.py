"""Where slices come from: made-up patients, image folders, challenge editions."""
