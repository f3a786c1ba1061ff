-- The fate of a batch is whether its row is here. A batch locks its lane's row, which is the fence, and inserts one row; it
-- makes no new version of any row, so that an open snapshot does not slow commits down. A number can be committed once,
-- whichever session comes first. The newest row of a lane is its lease; older ones are deleted twice a second.
-- `lane.expires_at` is the lease until the first batch; `lane.batch_no` is written by nodes of the version before only.
CREATE TABLE lane_batch (
  lane_id    uuid NOT NULL,
  batch_no   bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (lane_id, batch_no)
);

-- Until when a lane is alive by this server's clock. For an exact answer the caller holds the lock of the lane's row.
CREATE FUNCTION nova_lease(lane uuid, registered timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT greatest(registered, (SELECT b.expires_at FROM lane_batch b WHERE b.lane_id = lane ORDER BY b.batch_no DESC LIMIT 1))
$$;

-- As before; a lane is dead when its lease, read under the lock of its row, is over. The lock is waited for longer than a
-- batch may wait: a session that was ended gives it back a moment later.
CREATE OR REPLACE FUNCTION nova_claim(me uuid, my_node text, shard_count integer)
RETURNS TABLE (shard integer, epoch bigint, last_seq bigint) LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
#variable_conflict use_column
DECLARE
  dead uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(4242, 1);
  FOR dead IN SELECT l.lane_id FROM lane l WHERE l.lane_id <> me AND NOT l.fenced
      AND (l.node = my_node OR nova_lease(l.lane_id, l.expires_at) < clock_timestamp())
  LOOP
    -- A locked row belongs to a transaction under way (of a stopped process, perhaps): its session is ended first.
    -- One that waits for a standby is left alone: ending it would show to readers what no standby has.
    PERFORM 1 FROM lane l WHERE l.lane_id = dead AND NOT l.fenced FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      PERFORM pg_stat_clear_snapshot();
      PERFORM pg_terminate_backend(a.pid, 500) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = 'nova:' || dead
          AND a.usename = current_user AND a.pid <> pg_backend_pid() AND a.wait_event IS DISTINCT FROM 'SyncRep';
      PERFORM 1 FROM lane l WHERE l.lane_id = dead AND NOT l.fenced FOR UPDATE;
    END IF;
    UPDATE lane SET fenced = true WHERE lane_id = dead AND NOT fenced
      AND (node = my_node OR nova_lease(lane_id, expires_at) < clock_timestamp());
  END LOOP;

  PERFORM 1 FROM lane WHERE lane_id = me AND NOT fenced FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lane is fenced' USING ERRCODE = 'NOVF1';
  END IF;
  UPDATE shard s SET lane_id = me, epoch = s.epoch + 1 FROM lane l WHERE s.lane_id = l.lane_id AND l.fenced;
  INSERT INTO shard (shard, lane_id, epoch) SELECT n, me, 1 FROM generate_series(0, shard_count - 1) n
    ON CONFLICT DO NOTHING;
  WITH gone AS (
    DELETE FROM lane l WHERE l.fenced AND nova_lease(l.lane_id, l.expires_at) < now() - interval '1 hour'
      AND NOT EXISTS (SELECT 1 FROM shard s WHERE s.lane_id = l.lane_id) RETURNING l.lane_id)
  DELETE FROM lane_batch b USING gone WHERE b.lane_id = gone.lane_id;
  RETURN QUERY SELECT s.shard, s.epoch, coalesce((SELECT max(o.seq) FROM outbox o WHERE o.shard = s.shard), 0)
    FROM shard s WHERE s.lane_id = me ORDER BY s.shard;
END $$;
