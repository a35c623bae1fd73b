package dev.wrenn.control.store;

/// The SQL of accounts on their way in and out.
final class AccountStatements {
    static final String COLUMNS = "id, email, name, password_hash, status, is_admin, created_at";

    /// Index users_email_unique.
    static final String BY_EMAIL = "select " + COLUMNS + " from users where email = :email";

    static final String BY_ID = "select " + COLUMNS + " from users where id = :id";

    static final String LOCK_BY_EMAIL = BY_EMAIL + " for update";

    static final String LOCK_BY_ID = BY_ID + " for update";

    static final String SIGN_UP =
            """
            insert into users (id, email, name, password_hash, status)
            values (:id, :email, :name, :password, 'inactive')
            on conflict on constraint users_email_unique do nothing
            """;

    /// An account that waits may be signed up for again after a while.
    static final String SIGN_UP_AGAIN =
            """
            update users set name = :name, password_hash = :password, created_at = now()
             where id = :id and status = 'inactive'
               and created_at <= now() - make_interval(secs => :again)
            """;

    static final String TOKENS_OF =
            "delete from mail_tokens where user_id = :user and purpose = :purpose";

    static final String TOKEN =
            """
            insert into mail_tokens (hash, user_id, purpose, expires_at)
            values (:hash, :user, :purpose, now() + make_interval(secs => :life))
            """;

    static final String USE_TOKEN =
            """
            delete from mail_tokens where hash = :hash and purpose = :purpose and expires_at > now()
            returning user_id
            """;

    static final String ACTIVATE = "update users set status = 'active' where id = :id";

    static final String SET_PASSWORD = "update users set password_hash = :password where id = :id";

    static final String RENAME = "update users set name = :name where id = :id";

    static final String BEGIN_SESSION =
            "insert into sessions (id, user_id, expires_at) values (:id, :user, :expires)";

    /// Index sessions_by_user.
    static final String END_SESSIONS =
            "delete from sessions where user_id = :user and id is distinct from :keep";

    /// Locked in the order of ids, so that two of these never wait for each other.
    static final String LOCK_TEAMS =
            "select "
                    + TeamRows.COLUMNS
                    + """
                      , m.role,
                      (select count(*) from team_members o where o.team_id = t.id) as members
                      from team_members m join teams t on t.id = m.team_id
                     where m.user_id = :user and t.deleted_at is null
                     order by t.id for update of t
                    """;

    static final String IDENTITIES_OF = "delete from oauth_identities where user_id = :user";

    static final String KEYS_OF = "delete from api_keys where created_by = :user";

    /// The owner of a deleted team stays in the row: it is history.
    static final String LEAVE_ALL =
            "delete from team_members where user_id = :user and role <> 'owner'";

    static final String DELETE =
            """
            update users set status = 'deleted', deleted_at = now(), password_hash = null
             where id = :id
            """;

    /// Index users_deleted.
    static final String DELETED =
            """
            select id, email from users
             where status = 'deleted' and deleted_at <= now() - make_interval(secs => :age)
             order by deleted_at limit :limit for update skip locked
            """;

    static final String ANONYMISE_ON = "set local wrenn.anonymise = 'on'";

    /// Index audit_logs_by_actor.
    static final String ANONYMISE_ACTOR =
            """
            update audit_logs set actor_name = 'deleted-user', actor_id = null where actor_id = :id
            """;

    /// Index audit_logs_by_resource.
    static final String ANONYMISE_MEMBER =
            """
            update audit_logs set resource_id = null, metadata = metadata - 'email'
             where resource_id = :id and resource_type in ('member', 'user')
            """;

    static final String LEAVE_HISTORY = "delete from team_members where user_id = :user";

    static final String REMOVE = "delete from users where id = :id";

    private AccountStatements() {}
}
