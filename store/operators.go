package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"samenloop/people"
)

// Operators lists who may decide on the pages, by name.
func (s *Store) Operators(ctx context.Context) ([]people.Operator, error) {
	var list []people.Operator
	err := s.query(ctx, "SELECT name, added, seen, linked, password <> '' FROM operator ORDER BY name", func(scan func(...any) error) error {
		var (
			o                   people.Operator
			added, seen, linked int64
		)
		err := scan(&o.Name, &added, &seen, &linked, &o.Ready)
		o.Added, o.Seen, o.Linked = moment(added), moment(seen), moment(linked)
		list = append(list, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the operators: %w", err)
	}
	return list, nil
}

// AddOperator adds somebody who may decide, and who sets a password by the link
// whose token this is. A name that is taken is an error.
func (s *Store) AddOperator(ctx context.Context, by people.Hand, name string, link people.Digest) error {
	err := people.CheckName(name)
	if err == nil {
		err = s.update(ctx, func(tx *transaction) error {
			var taken int
			if err := tx.row("SELECT count(*) FROM operator WHERE name = ?", []any{name}, &taken); err != nil {
				return err
			}
			if taken > 0 {
				return fmt.Errorf("there is one already: \"samenloop operator link %s\" gives a new link", name)
			}
			if err := tx.exec("INSERT INTO operator (name, added, seen, password, link, linked) VALUES (?, ?, 0, '', ?, ?)",
				name, millis(by.At), link[:], millis(by.At.Add(people.LinkLasts))); err != nil {
				return err
			}
			return tx.note(by, people.OperatorAdded, name)
		})
	}
	if err != nil {
		return fmt.Errorf("add operator %q: %w", name, err)
	}
	return nil
}

// ResetOperator ends an operator's password and sessions; a new one is set by a link.
func (s *Store) ResetOperator(ctx context.Context, by people.Hand, name string, link people.Digest) error {
	err := s.update(ctx, func(tx *transaction) error {
		err := tx.row("UPDATE operator SET password = '', link = ?, linked = ? WHERE name = ? RETURNING name",
			[]any{link[:], millis(by.At.Add(people.LinkLasts)), name}, &name)
		if err := known(err, name); err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM session WHERE operator = ?", name); err != nil {
			return err
		}
		return tx.note(by, people.OperatorReset, name)
	})
	if err != nil {
		return fmt.Errorf("reset operator %q: %w", name, err)
	}
	return nil
}

// RemoveOperator ends what an operator may do, at once. The journal keeps what was done.
func (s *Store) RemoveOperator(ctx context.Context, by people.Hand, name string) error {
	err := s.update(ctx, func(tx *transaction) error {
		if err := known(tx.row("DELETE FROM operator WHERE name = ? RETURNING name", []any{name}, &name), name); err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM session WHERE operator = ?", name); err != nil {
			return err
		}
		return tx.note(by, people.OperatorRemoved, name)
	})
	if err != nil {
		return fmt.Errorf("remove operator %q: %w", name, err)
	}
	return nil
}

func known(err error, name string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("there is none of that name: \"samenloop operator list\" shows them")
	}
	return err
}

// Password is what is stored of an operator's password; empty where there is
// nobody of that name, or none is set.
func (s *Store) Password(ctx context.Context, name string) (stored string, err error) {
	err = s.query(ctx, "SELECT password FROM operator WHERE name = ?", func(scan func(...any) error) error { return scan(&stored) }, name)
	if err != nil {
		return "", fmt.Errorf("look up operator %q: %w", name, err)
	}
	return stored, nil
}

// Linked is whose link a token is that of; empty where it works no more, or never did.
func (s *Store) Linked(ctx context.Context, link people.Digest, now time.Time) (name string, err error) {
	err = s.query(ctx, "SELECT name FROM operator WHERE link = ? AND linked > ?", func(scan func(...any) error) error { return scan(&name) },
		link[:], millis(now))
	if err != nil {
		return "", fmt.Errorf("look up a link: %w", err)
	}
	return name, nil
}

// SetPassword consumes a link: the password is set that hash was made of, and the
// sessions there were end. The name is empty where the link works no more.
func (s *Store) SetPassword(ctx context.Context, link people.Digest, hash string, now time.Time) (name string, err error) {
	err = s.update(ctx, func(tx *transaction) error {
		err := tx.row("UPDATE operator SET password = ?, link = x'', linked = 0 WHERE link = ? AND linked > ? RETURNING name",
			[]any{hash, link[:], millis(now)}, &name)
		if errors.Is(err, sql.ErrNoRows) {
			name = ""
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM session WHERE operator = ?", name); err != nil {
			return err
		}
		return tx.note(people.Hand{Name: name, At: now}, people.PasswordSet, name)
	})
	if err != nil {
		return "", fmt.Errorf("set a password: %w", err)
	}
	return name, nil
}

// Session is the session of a token, as it was stored; none where there is none.
func (s *Store) Session(ctx context.Context, token people.Digest) (session people.Session, err error) {
	err = s.query(ctx, "SELECT operator, began, until FROM session WHERE token = ?", func(scan func(...any) error) error {
		var began, until int64
		err := scan(&session.Operator, &began, &until)
		session.Began, session.Until = moment(began), moment(until)
		return err
	}, token[:])
	if err != nil {
		return people.Session{}, fmt.Errorf("look up a session: %w", err)
	}
	return session, nil
}

// StartSession stores a session of an operator who is there and whose password
// still is the one that was looked at; else it is false. Those that are over are forgotten.
func (s *Store) StartSession(ctx context.Context, token people.Digest, session people.Session, password string) (started bool, err error) {
	err = s.update(ctx, func(tx *transaction) error {
		err := tx.row("UPDATE operator SET seen = ? WHERE name = ? AND password = ? AND password <> '' RETURNING name",
			[]any{millis(session.Began), session.Operator, password}, new(string))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.exec("DELETE FROM session WHERE until <= ?", millis(session.Began)); err != nil {
			return err
		}
		started = true
		return tx.exec("INSERT INTO session (token, operator, began, until) VALUES (?, ?, ?, ?)",
			token[:], session.Operator, millis(session.Began), millis(session.Until))
	})
	if err != nil {
		return false, fmt.Errorf("start a session: %w", err)
	}
	return started, nil
}

// KeepSession makes a session last until then.
func (s *Store) KeepSession(ctx context.Context, token people.Digest, until time.Time) error {
	err := s.update(ctx, func(tx *transaction) error {
		return tx.exec("UPDATE session SET until = ? WHERE token = ?", millis(until), token[:])
	})
	if err != nil {
		return fmt.Errorf("keep a session: %w", err)
	}
	return nil
}

// EndSession ends one.
func (s *Store) EndSession(ctx context.Context, token people.Digest) error {
	err := s.update(ctx, func(tx *transaction) error { return tx.exec("DELETE FROM session WHERE token = ?", token[:]) })
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}
