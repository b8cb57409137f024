"""What is handed to others: the autograder for Gradescope, and the student's kit."""
