"""What is heard of served models: feedback on their answers."""
