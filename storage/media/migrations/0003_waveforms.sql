-- The loudest moments of a sound, two hex digits each; null for what has no sound, or was made ready before.
ALTER TABLE media ADD COLUMN waveform text;
