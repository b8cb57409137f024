"""What runs inside the sandbox. This folder alone is bound there: it imports the standard library, and what it loads for students."""
