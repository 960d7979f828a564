package library

import (
	"context"
	"regexp"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// Chinese is the language of an item unless it says otherwise.
const Chinese = "zh"

var languageNames = map[string]string{
	Chinese: "中文", "en": "英文", "ru": "俄文", "fr": "法文", "es": "西班牙文", "ar": "阿拉伯文", "ja": "日文", "ko": "韩文", "de": "德文",
	"bo": "藏文", "ug": "维吾尔文", "mn": "蒙古文",
}

var languageCode = regexp.MustCompile(`^[a-z]{2,3}$`)

// LanguageName is a language in Chinese, its code where it has no name here.
func LanguageName(code string) string {
	if n := languageNames[code]; n != "" {
		return n
	}
	return code
}

// contentOf is the content and language of a new item: its own content, or
// that of the item it is a language version of. That each content stands once
// in a language is held by the database.
func (s *Service) contentOf(ctx context.Context, tx *db.Tx, id ItemID, m made) (ContentID, string, error) {
	language := m.Language
	if language == "" {
		language = Chinese
	}
	if !languageCode.MatchString(language) {
		return "", "", fault.New(fault.Invalid, "语言代码无法识别。").On("language", "请从列表中选择语言")
	}
	if m.Content == "" {
		return ContentID(id), language, nil
	}
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM item i WHERE i.content_id = $1`, m.Content)
	if err != nil {
		return "", "", err
	}
	if n == 0 {
		return "", "", fault.Missing("稿件")
	}
	return m.Content, language, nil
}

// InLanguages are the items in scope that say one content, by language.
func (s *Service) InLanguages(ctx context.Context, scope authz.Scope, content ContentID) ([]Item, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("i.content_id = ?", content)
	return db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY i.language`, w.Args()...)
}

// LiveInLanguages are the items that say one content and are live on a site, by
// language. Public: what is live is public.
func (s *Service) LiveInLanguages(ctx context.Context, q db.Querier, content ContentID, site registry.SiteID) ([]Item, error) {
	return db.All(ctx, q, scanItem, `SELECT `+itemFields+`
		  FROM item i JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id
		 WHERE i.content_id = $1 AND EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = i.id AND p.site_id = $2 AND p.state = 'live') ORDER BY i.language`, content, site)
}

// yearOf is the year an item is filed under: that of its paper, else of its
// first publication, else of its entry.
func yearOf(m Meta, published, entered time.Time) int {
	switch {
	case !m.Written.IsZero():
		return m.Written.Year
	case !published.IsZero():
		return calendar.DateOf(published).Year
	}
	return calendar.DateOf(entered).Year
}

// followVersion keeps beside the item what lists and counters need of its
// newest version.
func (s *Service) followVersion(ctx context.Context, tx *db.Tx, id ItemID, m Meta) error {
	type times struct{ published, entered time.Time }
	h, err := db.One(ctx, tx, func(r db.Scanner) (times, error) {
		var h times
		return h, r.Scan(&h.published, &h.entered)
	}, `SELECT first_published_at, created_at FROM item WHERE id = $1`, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET type = $2, category = $3, year = $4 WHERE id = $1`, id, m.Type, m.Coded(), yearOf(m, h.published, h.entered)); err != nil {
		return err
	}
	return s.settleValidity(ctx, tx, id)
}

// fits is what a writing must agree with beside its own fields.
func (w Writing) fits() error {
	var f fault.Fields
	f.Check(w.Category == "" || w.Origin == MovedIn || CategoryOf(w.Category) != "", "category", "请从资源类别中选择，例如 0402 规范性文件")
	f.Check(w.Openness == Open || len(w.Columns) == 0, "column", w.Openness.Name()+"的信息只能入库，不能安排到网站栏目，请取消勾选的栏目")
	f.Check(w.Change == "" || w.Change == Form || w.Change == Substance, "change", "请选择修改性质：文字订正或内容更新")
	return f.Err()
}

// revision judges what the author says of a change to what readers see: it
// must be said, and what is said must fit what was changed.
func revision(it Item, last Version, m *made) error {
	if !it.Live() {
		m.Change = ""
		return nil
	}
	if m.Openness != Open {
		return fault.Newf(fault.Refused, "这篇稿件正在公开，不能直接改为“%s”。", m.Openness.Name()).On("openness", "请先撤稿，再修改公开属性")
	}
	switch m.Change {
	case Form:
		var changed string
		switch {
		case last.Type != m.Type:
			changed = "信息类型"
		case last.DocNo != m.DocNo:
			changed = "发文字号"
		case last.Issuer != m.Issuer || last.CoIssuers != m.CoIssuers:
			changed = "发文机关"
		case last.Written != m.Written:
			changed = "成文日期"
		case last.EffectiveOn != m.EffectiveOn:
			changed = "生效日期"
		case last.EndsOn != m.EndsOn:
			changed = "有效期"
		}
		if changed != "" {
			return fault.Newf(fault.Invalid, "%s有改动，不属于文字订正。", changed).On("change", "修改"+changed+"请选择“内容更新”")
		}
	case Substance:
	default:
		return fault.New(fault.Invalid, "修改已公开的稿件要说明修改性质。").On("change", "请选择“文字订正”（标点、错字）或“内容更新”")
	}
	return nil
}
