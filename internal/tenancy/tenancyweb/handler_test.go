package tenancyweb

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
)

// Who supervises a resident sees its tenancy, and does not sign in its place.
func TestArticle28_AResidentSpeaksForItself(t *testing.T) {
	ask := func(role authz.Role, at string) error {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(url.Values{"unit": {"resident"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		unit, err := ownUnit(r.WithContext(authz.WithSession(r.Context(), &authz.Session{Posts: []authz.Post{{Role: role, UnitID: at}}})))
		if err == nil && unit != "resident" {
			t.Errorf("the resident is %q", unit)
		}
		return err
	}
	if err := ask(authz.Sponsor, "resident"); err != nil {
		t.Error(err)
	}
	if err := ask(authz.Supervisor, "above"); !fault.Is(err, fault.NotFound) {
		t.Errorf("in a resident's place: %v", err)
	}
	if err := ask(authz.Operator, "resident"); !fault.Is(err, fault.NotFound) {
		t.Errorf("without the permission: %v", err)
	}
}
