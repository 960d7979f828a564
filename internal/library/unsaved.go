package library

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// How long earlier states of unsaved text are kept, and how many of one form.
const (
	pastEvery = 5 * time.Minute
	pastMost  = 40
	pastFor   = 30 * 24 * time.Hour
)

// FormOf names the form of an item in the unsaved texts.
func FormOf(id ItemID) string { return "item:" + string(id) }

// FormNew names the form of a new item by the key its page was given; "" for
// a key that is none.
func FormNew(key string) string {
	if _, err := ulid.ParseStrict(key); err != nil {
		return ""
	}
	return "new:" + key
}

// Unsaved is what a person typed and did not save, or an earlier state of it.
type Unsaved struct {
	Form  string
	Seq   int // counts the states of the form, from 1
	Base  int // version it was typed over; 0 for a new item
	Title string
	Data  string // posted fields; opaque to the library, empty in lists
	At    time.Time
	Past  bool
}

// Item is the item it belongs to, "" for a new one.
func (u Unsaved) Item() ItemID {
	id, _ := strings.CutPrefix(u.Form, "item:")
	if id == u.Form {
		return ""
	}
	return ItemID(id)
}

// Key is the key of a new item's form, "" for an item's.
func (u Unsaved) Key() string {
	key, _ := strings.CutPrefix(u.Form, "new:")
	if key == u.Form {
		return ""
	}
	return key
}

// Overtaken is the cause of a Conflict when another window of the same person
// kept its text in between; Seq is where the count stands now.
type Overtaken struct{ Seq int }

func (o *Overtaken) Error() string { return fmt.Sprintf("library: unsaved text stands at %d", o.Seq) }

// Autosave keeps what the signed-in person has typed in a form and not saved,
// going on from state seq (0: nothing kept yet), and returns the new count.
// When the count stands elsewhere, another window wrote: nothing is touched
// and the Conflict is caused by an *Overtaken. keep asks that the state that
// stands is kept beside the new one; otherwise one every five minutes is.
// Data is opaque, at most 4 MB.
func (s *Service) Autosave(ctx context.Context, session *authz.Session, u Unsaved, keep bool) (int, error) {
	if session == nil {
		return 0, fault.New(fault.SignIn, "请先登录。")
	}
	if !strings.HasPrefix(u.Form, "item:") && !strings.HasPrefix(u.Form, "new:") {
		return 0, fault.New(fault.Invalid, "页面内容不完整，没有自动保存；请刷新后重试。")
	}
	if len(u.Data) > prose.MaxBytes {
		return 0, fault.New(fault.TooLarge, "内容超过 4 MB，没有自动保存；请拆分。")
	}
	u.Data = strings.ReplaceAll(strings.ToValidUTF8(u.Data, ""), "\x00", "")
	u.Title = abridge.Cut(oneLine(u.Title), 200)
	var overtaken error
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		overtaken = nil
		now := tx.Now()
		if u.Seq > 0 {
			cond, args := "", []any{session.PersonID, u.Form, u.Seq, keep}
			if !keep {
				cond = " AND NOT EXISTS (SELECT 1 FROM autosave_past p WHERE p.person_id = $1 AND p.form = $2 AND p.at >= $5)"
				args = append(args, now.Add(-pastEvery))
			}
			n, err := tx.Quiet(ctx, `
				INSERT INTO autosave_past (person_id, form, seq, base, title, data, at, kept)
				SELECT person_id, form, seq, base, title, data, at, $4 FROM autosave WHERE person_id = $1 AND form = $2 AND seq = $3`+cond+`
				ON CONFLICT (person_id, form, seq) DO NOTHING`, args...)
			if err != nil {
				return err
			}
			if n > 0 {
				if err := thin(ctx, tx, session.PersonID, u.Form); err != nil {
					return err
				}
			}
		}
		var n int64
		var err error
		if u.Seq == 0 {
			n, err = tx.Quiet(ctx, `INSERT INTO autosave (person_id, form, seq, base, title, data, at) VALUES ($1, $2, 1, $3, $4, $5, $6) ON CONFLICT (person_id, form) DO NOTHING`,
				session.PersonID, u.Form, u.Base, u.Title, u.Data, now)
		} else {
			n, err = tx.Quiet(ctx, `UPDATE autosave SET seq = seq + 1, base = $4, title = $5, data = $6, at = $7 WHERE person_id = $1 AND form = $2 AND seq = $3`,
				session.PersonID, u.Form, u.Seq, u.Base, u.Title, u.Data, now)
		}
		if err != nil || n > 0 {
			return err
		}
		stands, err := db.One(ctx, tx, db.Value[int], `SELECT seq FROM autosave WHERE person_id = $1 AND form = $2`, session.PersonID, u.Form)
		if err != nil && !db.None(err) {
			return err
		}
		says := "这篇稿件在您的另一个窗口中也在修改，本窗口刚才的内容没有覆盖它。"
		if db.None(err) {
			says = "这篇稿件已在您的另一个窗口中保存，本窗口还是保存前的内容。"
		}
		overtaken = fault.New(fault.Conflict, says).From(&Overtaken{stands})
		return nil
	})
	if err == nil {
		err = overtaken
	}
	if err != nil {
		return 0, err
	}
	return u.Seq + 1, nil
}

// thin keeps the newest earlier states of a form.
func thin(ctx context.Context, tx *db.Tx, person, form string) error {
	_, err := tx.Quiet(ctx, `DELETE FROM autosave_past WHERE person_id = $1 AND form = $2 AND seq NOT IN (
		SELECT seq FROM autosave_past WHERE person_id = $1 AND form = $2 ORDER BY kept DESC, seq DESC LIMIT $3)`, person, form, pastMost)
	return err
}

func scanUnsaved(r db.Scanner) (Unsaved, error) {
	var u Unsaved
	return u, r.Scan(&u.Form, &u.Seq, &u.Base, &u.Title, &u.Data, &u.At, &u.Past)
}

// Unsaved is what the signed-in person last typed in the form, or with a seq
// that state of it; ok false for nothing.
func (s *Service) Unsaved(ctx context.Context, session *authz.Session, form string, seq int) (u Unsaved, ok bool, err error) {
	if session == nil {
		return Unsaved{}, false, nil
	}
	u, err = db.One(ctx, s.db, scanUnsaved, `
		SELECT form, seq, base, title, data, at, past FROM (
			SELECT form, seq, base, title, data, at, FALSE AS past FROM autosave WHERE person_id = $1 AND form = $2
			UNION ALL SELECT form, seq, base, title, data, at, TRUE FROM autosave_past WHERE person_id = $1 AND form = $2) t
		 WHERE ($3 = 0 AND NOT past) OR seq = $3 ORDER BY past LIMIT 1`, session.PersonID, form, seq)
	if db.None(err) {
		return Unsaved{}, false, nil
	}
	return u, err == nil, err
}

// UnsavedTexts lists all that the signed-in person typed and did not save,
// newest first, without the words; form, when not empty, narrows it to one
// form with its earlier states.
func (s *Service) UnsavedTexts(ctx context.Context, session *authz.Session, form string) ([]Unsaved, error) {
	if session == nil {
		return nil, fault.New(fault.SignIn, "请先登录。")
	}
	return db.All(ctx, s.db, scanUnsaved, `
		SELECT form, seq, base, title, '', at, past FROM (
			SELECT form, seq, base, title, at, FALSE AS past FROM autosave WHERE person_id = $1 AND ($2 = '' OR form = $2)
			UNION ALL SELECT form, seq, base, title, at, TRUE FROM autosave_past WHERE person_id = $1 AND ($2 = '' OR form = $2)) t
		 ORDER BY at DESC, seq DESC LIMIT 200`, session.PersonID, form)
}

// Discard drops what the signed-in person typed in a form, and its earlier
// states.
func (s *Service) Discard(ctx context.Context, session *authz.Session, form string) error {
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, table := range []string{"autosave", "autosave_past"} {
			if _, err := tx.Quiet(ctx, `DELETE FROM `+table+` WHERE person_id = $1 AND form = $2`, session.PersonID, form); err != nil {
				return err
			}
		}
		return nil
	})
}

// forget drops the unsaved text of a form once it is saved, with its earlier
// states; those that another window overtook were not saved and stay a month.
func (s *Service) forget(ctx context.Context, tx *db.Tx, form string) error {
	session := authz.SessionFrom(ctx)
	if session == nil || form == "" {
		return nil
	}
	if _, err := tx.Quiet(ctx, `DELETE FROM autosave WHERE person_id = $1 AND form = $2`, session.PersonID, form); err != nil {
		return err
	}
	_, err := tx.Quiet(ctx, `DELETE FROM autosave_past WHERE person_id = $1 AND (form = $2 AND NOT kept OR at < $3)`, session.PersonID, form, tx.Now().Add(-pastFor))
	return err
}

// How long a form counts as open: the editor says so every half minute, the
// plain form cannot.
const (
	HoldLive  = 90 * time.Second
	HoldPlain = 15 * time.Minute
)

// Hold is who has an item's form open.
type Hold struct {
	PersonID string
	Name     string
	Since    time.Time
	until    time.Time
}

func scanHold(r db.Scanner) (Hold, error) {
	var h Hold
	return h, r.Scan(&h.PersonID, &h.Name, &h.Since, &h.until)
}

// Open notes that the signed-in person has the item's form open for so long.
// When another person has it, nothing changes and he is returned.
func (s *Service) Open(ctx context.Context, scope authz.Scope, session *authz.Session, id ItemID, long time.Duration) (*Hold, error) {
	if session == nil {
		return nil, fault.New(fault.SignIn, "请先登录。")
	}
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	// One's own hold that lasts a good while yet is not written again.
	h, err := db.One(ctx, s.db, scanHold, `SELECT person_id, person_name, since, until FROM edit_hold WHERE item_id = $1`, id)
	if err != nil && !db.None(err) {
		return nil, err
	}
	if err == nil && h.PersonID == session.PersonID && h.until.After(s.db.Now().Add(long*2/3)) {
		return nil, nil
	}
	var other *Hold
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		other = nil
		now := tx.Now()
		n, err := tx.Quiet(ctx, `
			INSERT INTO edit_hold (item_id, person_id, person_name, since, until) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (item_id) DO UPDATE SET person_id = excluded.person_id, person_name = excluded.person_name, until = excluded.until,
			       since = CASE WHEN edit_hold.person_id = excluded.person_id AND edit_hold.until > $4 THEN edit_hold.since ELSE excluded.since END
			 WHERE edit_hold.person_id = excluded.person_id OR edit_hold.until <= $4`, id, session.PersonID, session.Name, now, now.Add(long))
		if err != nil || n > 0 {
			return err
		}
		h, err := db.One(ctx, tx, scanHold, `SELECT person_id, person_name, since, until FROM edit_hold WHERE item_id = $1`, id)
		if err == nil {
			other = &h
		}
		return err
	})
	return other, err
}

// TakeOver makes the signed-in person the one who edits the item. The one
// before keeps what he typed as his own unsaved text and is told by his page.
func (s *Service) TakeOver(ctx context.Context, scope authz.Scope, session *authz.Session, id ItemID) error {
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		before, err := db.One(ctx, tx, scanHold, `SELECT person_id, person_name, since, until FROM edit_hold WHERE item_id = $1`, id)
		if err != nil && !db.None(err) {
			return err
		}
		now := tx.Now()
		if _, err := tx.Quiet(ctx, `
			INSERT INTO edit_hold (item_id, person_id, person_name, since, until) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (item_id) DO UPDATE SET person_id = excluded.person_id, person_name = excluded.person_name, since = excluded.since, until = excluded.until`,
			id, session.PersonID, session.Name, now, now.Add(HoldPlain)); err != nil {
			return err
		}
		if before.PersonID == "" || before.PersonID == session.PersonID {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.take_over", Target: it.Target(), Before: map[string]any{"person": before.Name, "since": before.Since}, After: map[string]any{"person": session.Name}})
	})
}

// Leave notes that the signed-in person is done with the item's form.
func (s *Service) Leave(ctx context.Context, scope authz.Scope, session *authz.Session, id ItemID) error {
	if session == nil {
		return nil
	}
	if _, err := s.Item(ctx, scope, id); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `DELETE FROM edit_hold WHERE item_id = $1 AND person_id = $2`, id, session.PersonID)
		return err
	})
}

// heldByOther refuses to save over the form of somebody who has taken the item
// over: he would find his text stale.
func (s *Service) heldByOther(ctx context.Context, tx *db.Tx, it Item) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return nil
	}
	h, err := db.One(ctx, tx, scanHold, `SELECT person_id, person_name, since, until FROM edit_hold WHERE item_id = $1 AND until > $2`, it.ID, tx.Now())
	if db.None(err) || err == nil && h.PersonID == session.PersonID {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.Newf(fault.Conflict, "%s正在编辑这篇稿件，您的内容没有保存，已留作草稿，可在“恢复草稿”中找到。请与对方商量，或打开稿件接手编辑。", h.Name).From(&Held{h})
}

// Held is the cause of a Conflict when another person edits the item now.
type Held struct{ Hold Hold }

func (h *Held) Error() string { return "library: the item is being edited by another person" }

// Restore makes a new version of the words and metadata of version no, over
// version base, as a draft; nothing that was is changed.
func (s *Service) Restore(ctx context.Context, scope authz.Scope, id ItemID, base, no int) (Item, error) {
	old, err := s.Version(ctx, scope, id, no)
	if err != nil {
		return Item{}, err
	}
	d, err := prose.Parse([]byte(old.Doc))
	if err != nil {
		return Item{}, err
	}
	return s.Save(ctx, scope, id, base, Writing{Meta: old.Meta, Doc: d, Original: old.Original, Note: fmt.Sprintf("恢复自第 %d 版", no)})
}
