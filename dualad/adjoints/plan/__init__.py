"""How the reverse sweep treats loops (fused, unordered, selected, skipped) and values (kept, recomputed)."""
