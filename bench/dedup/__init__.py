"""What `bench_dedup` compares: synthetic people, public truth sets, and the two engines in processes of their own."""
