package closing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
)

// Whether the old host of a closed site answers as it owes is seen from outside: by this
// house where it has a way, by a crawler where it has none. What it owes the map here
// says.

// OldKind names these looks in the exchange with crawlers.
const OldKind = "old_host"

// OldAsk is what is asked of an old host.
type OldAsk struct {
	Origin string   `json:"origin"`
	Paths  []string `json:"paths"`
}

// OldSight is what it answered.
type OldSight struct {
	Origin  string     `json:"origin"`
	Replies []OldReply `json:"replies"`
}

// OldReply is the answer for one old address; Says is why there was none, and Ours that
// the reason lies with who asked.
type OldReply struct {
	Old      string `json:"old"`
	Status   int    `json:"status,omitempty"`
	Location string `json:"location,omitempty"`
	Says     string `json:"says,omitempty"`
	Ours     bool   `json:"ours,omitempty"`
}

// OldLooker has a crawler ask old hosts.
func OldLooker(t inspection.Tools) inspection.Looker {
	return func(ctx context.Context, what json.RawMessage, _ func([]byte) (blob.Ref, error)) (any, error) {
		var a OldAsk
		if err := json.Unmarshal(what, &a); err != nil || len(a.Paths) > maxAsked {
			return nil, fault.New(fault.Invalid, "没有核对：交办的内容不能识别，请把外网巡检机程序更新到与主系统同一版本。").From(err)
		}
		return askOld(ctx, t.Manners, a)
	}
}

// askOld asks for each address. The old host is of our own ledger and owes these
// answers: see Prove.
func askOld(ctx context.Context, m *crawl.Manners, a OldAsk) (OldSight, error) {
	out := OldSight{Origin: a.Origin, Replies: []OldReply{}}
	for _, p := range a.Paths {
		resp, err := m.Prove(crawl.Urgent(ctx), a.Origin+p, egress.Options{RecordTLSFault: true, MaxBody: 64 << 10})
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		r := OldReply{Old: p, Status: resp.Status, Location: resp.Location}
		if e := (*egress.Error)(nil); resp.Status == 0 && errors.As(err, &e) {
			r.Says, r.Ours = e.Says, e.Kind == egress.NoWay
		}
		out.Replies = append(out.Replies, r)
	}
	return out, nil
}

// demo reports whether an old host is one of a demonstration at our own listener.
func demo(c Closing, a OldAsk) bool { return a.Origin != "http://"+c.Host }

// sendToOldHost has a crawler ask the old host, and notes that once.
func (s *Service) sendToOldHost(ctx context.Context, scope authz.Scope, c Closing, urgent bool) (string, bool, error) {
	a, err := s.inspection.AskOutside(ctx, OldKind, string(c.ID), urgent)
	if err != nil {
		return "", false, err
	}
	says := inspection.HandedOut + "：" + a.Waits()
	items, err := s.Items(ctx, s.db, scope, c.ID)
	if err != nil || slices.ContainsFunc(items, func(i Item) bool { return i.Kind == OldHost && i.Seen == says }) {
		return says, false, err
	}
	return says, false, s.after(ctx, scope, c.ID, func(tx *db.Tx, c Closing) error { return s.note(ctx, tx, c, OldHost, says) })
}

// oldOf is what a crawler is told of a closing.
func (s *Service) oldOf(ctx context.Context, subject string) (string, any, error) {
	_, a, err := s.oldHost(ctx, authz.System("closing.facts"), ID(subject))
	if err != nil {
		return "", nil, err
	}
	u, err := url.Parse(a.Origin)
	if err != nil {
		return "", nil, fault.New(fault.Refused, "原网站的地址不正确，请核对台账。").From(err)
	}
	return u.Host, a, nil
}

// oldMissed notes why the old host was not asked.
func (s *Service) oldMissed(ctx context.Context, subject, says string) error {
	err := s.after(ctx, authz.System("closing.facts"), ID(subject), func(tx *db.Tx, c Closing) error { return s.note(ctx, tx, c, OldHost, says) })
	if quiet(err) {
		return nil // given up meanwhile: nothing is owed
	}
	return err
}

// takeOld judges what the old host answered a crawler.
func (s *Service) takeOld(ctx context.Context, subject string, seen inspection.Seen, _ *inspection.Finding) (engine.Look, error) {
	system := authz.System("closing.facts")
	c, a, err := s.oldHost(ctx, system, ID(subject))
	if err != nil {
		return engine.Look{}, err
	}
	x, err := readOldSight(seen.Body, a)
	if err != nil {
		return engine.Look{}, err
	}
	_, _, err = s.judgeOldHost(ctx, system, c, x, fmt.Sprintf("（外网巡检机“%s”%s看到）", seen.Vantage, seen.At.In(calendar.Shanghai).Format("1月2日15:04")))
	return engine.Look{}, err
}

// readOldSight reads what a crawler says that an old host answered.
func readOldSight(body []byte, a OldAsk) (OldSight, error) {
	var x OldSight
	if err := json.Unmarshal(body, &x); err != nil {
		return x, fault.New(fault.Invalid, "外网巡检机带回的原域名核对结果不能识别，没有采用。请把它的程序更新到与主系统同一版本。").From(err)
	}
	if x.Origin != a.Origin || len(x.Replies) > maxAsked {
		return x, fault.Newf(fault.Invalid, "外网巡检机带回的不是所交办的原域名 %s 的结果，没有采用。", a.Origin)
	}
	for i := range x.Replies {
		r := &x.Replies[i]
		if r.Status < 0 || r.Status > 999 {
			return x, fault.New(fault.Invalid, "外网巡检机带回的状态码不正确，没有采用。")
		}
		r.Says, r.Location = abridge.Plain(r.Says, 200), abridge.Plain(r.Location, 2000)
	}
	return x, nil
}
