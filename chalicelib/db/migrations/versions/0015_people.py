"""Who a unit's people are, and all their accounts."""

from alembic import op

revision = "0015"
down_revision = "0014"

# As the dashboard's own software makes it, where that has not been first. It comes last: its
# foreign key needs a lock on "user" for a moment.
ACCOUNTS = """
CREATE TABLE IF NOT EXISTS user_social_accounts (
  social_account_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id varchar NOT NULL REFERENCES "user" (user_id) ON DELETE CASCADE,
  platform text NOT NULL CHECK (platform IN ('instagram', 'tiktok')),
  username text NOT NULL,
  account_order smallint NOT NULL DEFAULT 1 CHECK (account_order >= 1),
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, platform, account_order)
);
CREATE UNIQUE INDEX IF NOT EXISTS user_social_accounts_platform_username_lower_unique
  ON user_social_accounts (platform, lower(username));
"""

# What was entered as a person's accounts, in any form.
HANDLES = """
CREATE FUNCTION cicero_handles(people varchar[])
RETURNS TABLE (user_id varchar, platform text, username text, place integer)
LANGUAGE sql STABLE AS $$
  SELECT u.user_id, CAST('instagram' AS text), CAST(u.insta AS text), 0
  FROM "user" u WHERE u.user_id = ANY(people) AND u.insta IS NOT NULL
  UNION ALL
  SELECT u.user_id, CAST('tiktok' AS text), CAST(u.tiktok AS text), 0
  FROM "user" u WHERE u.user_id = ANY(people) AND u.tiktok IS NOT NULL
  UNION ALL
  SELECT a.user_id, a.platform, a.username, CAST(a.account_order AS integer)
  FROM user_social_accounts a WHERE a.user_id = ANY(people) AND a.is_active
$$;
"""

# The people with a role; none where other software has not made the tables of roles.
ROLE = """
CREATE FUNCTION cicero_people_with_role(role text) RETURNS SETOF varchar
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF to_regclass('roles') IS NOT NULL AND to_regclass('user_roles') IS NOT NULL THEN
    RETURN QUERY EXECUTE 'SELECT DISTINCT CAST(m.user_id AS varchar)
      FROM user_roles m JOIN roles r ON r.role_id = m.role_id
      WHERE lower(btrim(r.role_name)) = lower(btrim($1))' USING role;
  END IF;
END
$$;
"""


def upgrade() -> None:
    for statements in (ROLE, ACCOUNTS, HANDLES):
        op.get_bind().exec_driver_sql(statements)
