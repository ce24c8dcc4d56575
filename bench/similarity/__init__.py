"""What `bench_similarity` compares: made-up companies, and vectors for faiss."""
