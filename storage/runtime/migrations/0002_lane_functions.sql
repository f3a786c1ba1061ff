-- What a commit lane asks the database to decide by itself, so that a batch needs no second round trip: guards that abort
-- the transaction, and the take-over of dead lanes' shards as one statement.

-- Ends the transaction (NOVF1) when the conditional update of the lane's row found nothing: fenced, or this batch was
-- committed before.
CREATE FUNCTION nova_fence(matched bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF matched = 0 THEN
    RAISE EXCEPTION 'lane is fenced' USING ERRCODE = 'NOVF1';
  END IF;
END $$;

-- Ends the transaction (NOVX1) when a statement touched fewer rows than its decision relies on.
CREATE FUNCTION nova_expect(got bigint, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF got < wanted THEN
    RAISE EXCEPTION 'expected % rows, got %', wanted, got USING ERRCODE = 'NOVX1';
  END IF;
END $$;

-- Fences the lanes that are dead (expired by this server's clock, or of the same data folder and thus of an ended process),
-- then gives `me` their shards and those that nobody owns. Returns what `me` owns now. The outbox keeps at least the last row
-- of every shard, so that max(seq) is the shard's counter.
CREATE FUNCTION nova_claim(me uuid, my_node text, shard_count integer)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  dead uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(4242, 1);
  FOR dead IN SELECT l.lane_id FROM lane l WHERE l.lane_id <> me AND NOT l.fenced
      AND (l.node = my_node OR l.expires_at < clock_timestamp())
  LOOP
    -- A locked row belongs to a transaction under way (of a stopped process, perhaps): its session is ended first.
    UPDATE lane SET fenced = true WHERE lane_id IN (SELECT l.lane_id FROM lane l WHERE l.lane_id = dead AND NOT l.fenced
      AND (l.node = my_node OR l.expires_at < clock_timestamp()) FOR UPDATE SKIP LOCKED);
    CONTINUE WHEN FOUND;
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_terminate_backend(a.pid, 500) FROM pg_stat_activity a
      WHERE a.datname = current_database() AND a.application_name = 'nova:' || dead
        AND a.usename = current_user AND a.pid <> pg_backend_pid();
    UPDATE lane SET fenced = true WHERE lane_id = dead AND NOT fenced
      AND (node = my_node OR expires_at < clock_timestamp());
  END LOOP;

  PERFORM 1 FROM lane WHERE lane_id = me AND NOT fenced FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lane is fenced' USING ERRCODE = 'NOVF1';
  END IF;
  UPDATE shard s SET lane_id = me, epoch = s.epoch + 1 FROM lane l WHERE s.lane_id = l.lane_id AND l.fenced;
  INSERT INTO shard (shard, lane_id, epoch) SELECT n, me, 1 FROM generate_series(0, shard_count - 1) n
    ON CONFLICT DO NOTHING;
  DELETE FROM lane l WHERE l.fenced AND l.expires_at < now() - interval '1 hour'
    AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.lane_id = l.lane_id);
  RETURN QUERY SELECT s.shard, s.epoch, coalesce((SELECT max(o.seq) FROM outbox o WHERE o.shard = s.shard), 0)
    FROM shard s WHERE s.lane_id = me ORDER BY s.shard;
END $$;
