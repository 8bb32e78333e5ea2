"""Pictures of numbers, and the only user of Pillow. What they say in words is `incidents.figures`'."""
