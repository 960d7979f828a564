package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/registry"
)

// cutOff is a store whose reader is gone before the file is read.
type cutOff struct {
	blob.Store
	leave func() // nil: nobody leaves
}

func (c *cutOff) Open(ctx context.Context, ref blob.Ref) (io.ReadCloser, error) {
	if c.leave != nil {
		c.leave()
		return nil, ctx.Err()
	}
	return c.Store.Open(ctx, ref)
}

// wizard is an intake in the hands of one person of the county's office.
type wizard struct {
	*ledger
	in      *registry.Intake
	store   *cutOff
	session *authz.Session
}

func newWizard(h *ledger) *wizard {
	h.t.Helper()
	disk, err := blob.Disk(h.t.TempDir())
	if err != nil {
		h.t.Fatal(err)
	}
	w := &wizard{ledger: h, store: &cutOff{Store: disk}}
	w.in = registry.NewIntake(h.reg, w.store)
	h.do(func(tx *db.Tx) error {
		return h.org.Appoint(h.ctx, tx, system, h.a.ID, h.office.ID, authz.Supervisor)
	})
	posts, err := h.org.PostsOf(h.ctx, h.db, h.a.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	w.session = &authz.Session{PersonID: string(h.a.ID), Name: h.a.Name, Posts: posts}
	return w
}

func (w *wizard) bring(kind registry.FileKind, body string) registry.File {
	w.t.Helper()
	return w.bringAs("f.csv", kind, body)
}

func (w *wizard) bringAs(name string, kind registry.FileKind, body string) registry.File {
	w.t.Helper()
	f, err := w.in.Bring(w.ctx, w.session, w.session.ScopeFor(authz.RegistryImport), kind, name, int64(len(body)), bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *wizard) take(kind registry.FileKind, body string, rows int) registry.File {
	w.t.Helper()
	f, err := w.in.Take(w.ctx, w.session, w.bring(kind, body).ID)
	if err != nil || f.State != registry.FileTaken || f.Taken.Accepted != rows {
		w.t.Fatalf("taken %s: %+v %v", f.State, f.Taken, err)
	}
	return f
}

// undo takes the file back and returns what stays, by name.
func (w *wizard) undo(f registry.File) (undone int, left map[string]string) {
	w.t.Helper()
	f, err := w.in.Undo(w.ctx, w.session, f.ID, "导错了文件")
	if err != nil || f.State != registry.FileUndone {
		w.t.Fatalf("%s: %v", f.State, err)
	}
	left = map[string]string{}
	for _, l := range f.Undone.Left {
		left[l.Name] = l.Says
	}
	return f.Undone.Undone, left
}

// write puts rows of another department beside the ledger.
func (w *wizard) write(query string, args ...any) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		if _, err := tx.Exec(w.ctx, query, args...); err != nil {
			return err
		}
		return audit.Record(w.ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "test", Name: "x"}})
	})
}

// An import is taken back but for the records that other departments have come
// to rest on, or that their holder has confirmed; each says why it stays.
func TestUndoLeavesWhatIsInUse(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		w := newWizard(h)
		names := []string{"无人使用", "有岗位", "有备案", "有公告", "有核实单", "有承办", "有等保", "有托管", "有认定", "已核对", "岗位已结束"}
		body := "平台,账号名称,网址,区划代码\n"
		for i, name := range names {
			body += fmt.Sprintf("微博,%s,https://weibo.com/%d,610113\n", name, i+1)
		}
		f := w.take(registry.AccountFile, body, len(names))
		ids := map[string]string{}
		p, err := h.reg.AccountList(h.ctx, system, registry.ListQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.Rows {
			ids[a.Name] = string(a.ID)
		}
		now, day, unit := h.clock.Now(), "2026-03-09", h.office.ID
		post := `INSERT INTO named_post (id, unit_id, person_id, kind, object_kind, object_id, since_on, ended_on, created_at) VALUES ($1, $2, $3, 'post_a', 'account', $4, $5, $6, $7)`
		w.write(post, "p1", unit, h.a.ID, ids["有岗位"], day, nil, now)
		w.write(post, "p2", unit, h.a.ID, ids["岗位已结束"], day, day, now)
		w.write(`INSERT INTO filing (id, kind, act, object_kind, object_id, object_name, unit_id, body_name, state, opened_at) VALUES ('f', 'account', 'register', 'account', $1, 'x', $2, 'x', 'open', $3)`, ids["有备案"], unit, now)
		w.write(`INSERT INTO notice (id, kind, object_kind, object_id, object_name, unit_id, publisher, publisher_id, title, days, clause, state, opened_at, opened_on, due_on) VALUES ('n', 'opening', 'account', $1, 'x', $2, 'sponsor', $2, 'x', 30, 'S7.4', 'owed', $3, $4, $4)`, ids["有公告"], unit, now, day)
		w.write(`INSERT INTO inquiry (id, object_kind, object_id, object_name, unit_id, down_since, hours, source, state, opened_at, due_on) VALUES ('q', 'account', $1, 'x', $2, $3, 24, 'probe', 'open', $3, $4)`, ids["有核实单"], unit, now, day)
		w.write(`INSERT INTO contractor (id, unit_id, kind, name, credit_code, contact, phone, duties, state, created_at, updated_at) VALUES ('c', $1, 'entrusted', 'x', '', '', '', '', 'serving', $2, $2)`, unit, now)
		w.write(`INSERT INTO contractor_object (contractor_id, object_kind, object_id, object_name, since) VALUES ('c', 'account', $1, 'x', $2)`, ids["有承办"], day)
		w.write(`INSERT INTO protection_grade (id, unit_id, object_kind, object_id, object_name, level, filing, agency, created_at, updated_at) VALUES ('g', $1, 'account', $2, 'x', 2, '', '', $3, $3)`, unit, ids["有等保"], now)
		w.write(`INSERT INTO hosting (id, unit_id, object_kind, object_id, object_name, provider, provider_nation, form, server_nation, location, contract, file_name, created_at, updated_at) VALUES ('h', $1, 'account', $2, 'x', 'x', 'CN', 'cloud', 'CN', '', '', '', $3, $3)`, unit, ids["有托管"], now)
		w.write(`INSERT INTO baseline (object_kind, object_id, basis, offline_year, confirmed_by, confirmed_by_name, confirmed_at) VALUES ('account', $1, 'approval', 2026, 'p', 'x', $2)`, ids["有认定"], now)
		h.do(func(tx *db.Tx) error {
			_, err := h.reg.Recertify(h.ctx, tx, w.session, system, h.office.ID, []string{"account:" + ids["已核对"]})
			return err
		})
		undone, left := w.undo(f)
		want := map[string]string{"有岗位": "岗位", "有备案": "备案", "有公告": "公告", "有核实单": "核实单", "有承办": "承办单位", "有等保": "等级保护", "有托管": "托管", "有认定": "存量认定", "已核对": "核对确认"}
		for name, says := range want {
			if !strings.Contains(left[name], says) {
				t.Errorf("%s: %q, want %s", name, left[name], says)
			}
		}
		if undone != 2 || len(left) != len(want) {
			t.Errorf("undone %d, left %v", undone, left)
		}
		if p, err := h.reg.AccountList(h.ctx, system, registry.ListQuery{}); err != nil || p.Total != len(want) {
			t.Errorf("%d accounts stand (%v)", p.Total, err)
		}
	})
}

// A record that cannot be put back as it was stays, and says why; the others go.
func TestUndoLeavesWhatCannotBePutBack(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		w := newWizard(h)
		w.take(registry.AccountFile, "平台,账号名称,网址,区划代码\n微博,甲,https://weibo.com/1,610113\n微博,乙,https://weibo.com/2,610113\n", 2)
		h.clock.Advance(time.Hour)
		f := w.take(registry.AccountFile, "平台,账号名称,网址,区划代码,用途\n微博,甲,https://weibo.com/1,610113,发布\n微博,乙,https://weibo.com/2,610113,发布\n微博,丙,https://weibo.com/3,610113,发布\n", 3)
		// What it was no longer passes.
		w.write(`UPDATE intake_row SET before = '{"Name":"","URL":"weibo"}' WHERE file_id = $1 AND name = '甲'`, f.ID)
		undone, left := w.undo(f)
		if undone != 2 || len(left) != 1 || !strings.HasPrefix(left["甲"], "不能恢复，保留：") || strings.Contains(left["甲"], "按提示修改") {
			t.Errorf("undone %d, left %v", undone, left)
		}
		p, err := h.reg.AccountList(h.ctx, system, registry.ListQuery{})
		if err != nil || p.Total != 2 {
			t.Fatalf("%d accounts (%v)", p.Total, err)
		}
		for _, a := range p.Rows {
			if want := a.Name == "甲"; (a.Purpose != "") != want {
				t.Errorf("%s: purpose %q", a.Name, a.Purpose)
			}
		}
	})
}

// A small file is worked while the person waits; when the person leaves midway
// a job ends it. The job of an earlier beginning leaves a later one alone.
func TestAFileLeftMidwayIsEnded(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		w := newWizard(h)
		f := w.bring(registry.AccountFile, "平台,账号名称,网址,区划代码\n微博,甲,https://weibo.com/1,610113\n")
		ctx, leave := context.WithCancel(h.ctx)
		w.store.leave = leave
		if _, err := w.in.Take(ctx, w.session, f.ID); err == nil {
			t.Fatal("taken though the person left")
		}
		w.store.leave = nil
		state := func() string {
			t.Helper()
			f, err := h.reg.File(h.ctx, h.db, w.session, f.ID)
			if err != nil {
				t.Fatal(err)
			}
			return f.State
		}
		left := jobstest.Waiting[registry.WorkFile](t, h.db)
		if state() != registry.FileTaking || len(left) != 2 {
			t.Fatalf("%s, jobs %+v", state(), left)
		}
		for i, want := range []string{registry.FileTaking, registry.FileTaken} { // of the look, of the taking
			if err := w.in.Work(h.ctx, left[i]); err != nil || state() != want {
				t.Errorf("job %d leaves it %s, want %s (%v)", i, state(), want, err)
			}
		}
		if p, err := h.reg.AccountList(h.ctx, system, registry.ListQuery{}); err != nil || p.Total != 1 {
			t.Errorf("%d accounts (%v)", p.Total, err)
		}
	})
}

// A file whose job is given up says so where it stands, and can be gone on with.
func TestAFileEndsWithItsJob(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		w := newWizard(h)
		f := w.bring(registry.AccountFile, "平台,账号名称,网址,区划代码\n微博,雁塔发布,https://weibo.com/1,610113\n")
		ctx, leave := context.WithCancel(w.ctx)
		w.store.leave = leave
		if _, err := w.in.Take(ctx, w.session, f.ID); err == nil {
			t.Fatal("taken though the person left")
		}
		w.store.leave = nil
		worked := jobs.NewWorkers()
		w.in.Register(worked)
		jobstest.Silence[registry.WorkFile](t, h.db, 5)
		jobstest.Work(t, h.db, worked, jobs.Config{})
		got, err := h.reg.File(h.ctx, h.db, w.session, f.ID)
		if err != nil || got.State != registry.FileLooked || !strings.Contains(got.Failure, "多次中途停止") {
			t.Fatalf("given up: %s %q (%v)", got.State, got.Failure, err)
		}
		if got, err = w.in.Take(w.ctx, w.session, f.ID); err != nil || got.State != registry.FileTaken || got.Failure != "" || got.Taken.Accepted != 1 {
			t.Errorf("tried again: %s %q %+v (%v)", got.State, got.Failure, got.Taken, err)
		}
		// What lost its job before the schema that ends it, ends with that.
		dbtest.Write(t, h.db, `UPDATE job SET state = 'failed'; UPDATE intake_file SET state = 'looking'; `+dbtest.Up(t, "0581_lost_jobs.sql"))
		if got, err = h.reg.File(h.ctx, h.db, w.session, f.ID); err != nil || got.State != registry.FileBrought || got.Failure == "" {
			t.Errorf("lost: %s %q (%v)", got.State, got.Failure, err)
		}
	})
}

// Another body's list of which a row cannot be read is not compared: the row
// would look as if the list did not have it.
func TestAnotherBodysListIsReadWhole(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		w := newWizard(h)
		const good = "域名,网站名称,区划代码,标识码\nHTTP://WWW.YANTA.GOV.CN/,雁塔区人民政府,610113,6101130001\n"
		_, rows, err := w.in.Outside(h.ctx, w.session, w.bring(registry.SiteFile, good).ID)
		if err != nil || len(rows) != 1 || rows[0].Values["host"] != "www.yanta.gov.cn" {
			t.Fatalf("%+v %v", rows, err)
		}
		x := excelize.NewFile()
		for cell, v := range map[string]string{"A1": "域名", "B1": "网站名称", "C1": "区划代码", "A2": "www.yanta.gov.cn", "B2": "雁塔区人民政府", "C2": "610113", "A3": "www.yanliang.gov.cn", "C3": "610114"} {
			if err := x.SetCellValue("Sheet1", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.SetCellFormula("Sheet1", "B3", "B2"); err != nil { // never worked out
			t.Fatal(err)
		}
		var body bytes.Buffer
		if err := x.Write(&body); err != nil {
			t.Fatal(err)
		}
		_, rows, err = w.in.Outside(h.ctx, w.session, w.bringAs("名单.xlsx", registry.SiteFile, body.String()).ID)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "第 3 行") || rows != nil {
			t.Errorf("a row that cannot be read: %v %v", rows, err)
		}
	})
}
