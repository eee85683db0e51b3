"""The audit log of the operators' window: who did what, when, to what, with which result."""

from alembic import op

revision = "0013"
down_revision = "0012"

OPERATOR_ACTION = """
CREATE TABLE operator_action (
  action_id bigserial PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL, -- a user's name, as in WA_PAGE_USERS
  action text NOT NULL,
  target text NOT NULL, -- ids only: no phone number, no text
  result text NOT NULL
);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(OPERATOR_ACTION)
