"""What is heard before a call is answered: tones, ring-back music, the carriers' announcements. Pure; numpy only."""
