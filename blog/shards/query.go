package shards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"parley/idworker/snowflake"
	"parley/wire/blogwire"
)

// querier is a transaction or a pool of connections.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// one reads the one post that a query finds.
func one(ctx context.Context, q querier, query string, args ...any) (p blogwire.Post, found bool, err error) {
	var id int64
	var author, text string
	switch err := q.QueryRowContext(ctx, query, args...).Scan(&id, &author, &text); {
	case errors.Is(err, sql.ErrNoRows):
		return p, false, nil
	case err != nil:
		return p, false, err
	}
	return post(id, author, text), true, nil
}

// byID reads a post.
func (d *database) byID(ctx context.Context, id snowflake.ID) (blogwire.Post, bool, error) {
	return one(ctx, d.r, sqlByID, int64(id))
}

// byKey reads the post that a user's key made.
func (d *database) byKey(ctx context.Context, user, key string) (blogwire.Post, bool, error) {
	return one(ctx, d.r, sqlByKey, user, key)
}

// timeline reads a user's posts with ids below before, highest first: at most
// limit, and no more than fit a page.
func (d *database) timeline(ctx context.Context, user string, before snowflake.ID, limit int) (posts []blogwire.Post, err error) {
	posts = make([]blogwire.Post, 0, limit)
	size := 0
	err = scan(ctx, d.r, func(rows *sql.Rows) (bool, error) {
		var id int64
		var author, text string
		if err := rows.Scan(&id, &author, &text); err != nil {
			return false, err
		}
		posts = append(posts, post(id, author, text))
		size += jsonSize(text)
		return size <= blogwire.MaxPageBytes, nil
	}, sqlTimeline, user, int64(before), limit)
	return posts, err
}

// newest reads the ids below before, highest first.
func (d *database) newest(ctx context.Context, before snowflake.ID, limit int) (ids []snowflake.ID, err error) {
	ids = make([]snowflake.ID, 0, limit)
	err = scan(ctx, d.r, func(rows *sql.Rows) (bool, error) {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, snowflake.ID(id))
		return true, err
	}, sqlNewest, int64(before), limit)
	return ids, err
}

// all calls fn with each of the posts with these ids, in any order.
func (d *database) all(ctx context.Context, ids []int64, fn func(blogwire.Post)) error {
	return scan(ctx, d.r, func(rows *sql.Rows) (bool, error) {
		var id int64
		var author, text string
		err := rows.Scan(&id, &author, &text)
		fn(post(id, author, text))
		return true, err
	}, d.byIDs(), d.list(ids))
}

// hasUser reports whether the user has ever posted.
func (d *database) hasUser(ctx context.Context, user string) (has bool, err error) {
	err = d.r.QueryRowContext(ctx, sqlHasUser, user).Scan(&has)
	return has, err
}

// count counts the posts, by reading an index from end to end.
func (d *database) count(ctx context.Context) (n int64, err error) {
	err = d.r.QueryRowContext(ctx, sqlCount).Scan(&n)
	return n, err
}

// scan calls fn with each row until it returns that it has enough.
func scan(ctx context.Context, q querier, fn func(*sql.Rows) (more bool, err error), query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		more, err := fn(rows)
		if err != nil {
			return fmt.Errorf("reading a post: %w", err)
		}
		if !more {
			return nil
		}
	}
	return rows.Err()
}
