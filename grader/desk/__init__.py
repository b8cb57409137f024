"""What the terminal and the web ask of a gradebook alike: typed points, what stands beside a question, the class, exports."""
