package sx2021

import (
	"slices"
	"testing"

	"zhengshu/internal/rules"
)

func TestArticle18_LeaderAndPostHolders(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  []rules.Breach
		want []string
	}{
		{"a supervisor without a leader", CheckLeader(Roster{Supervises: true}), []string{"S18.2.leader"}},
		{"a sponsor without a leader", CheckLeader(Roster{Sponsors: true, LeaderInCharge: " "}), []string{"S18.2.leader"}},
		{"a sponsor with one", CheckLeader(Roster{Sponsors: true, LeaderInCharge: "p1"}), nil},
		{"neither supervisor nor sponsor", CheckLeader(Roster{}), nil},
		{"nobody holds the object", CheckObjectPosts(ObjectPosts{}), []string{"S18.1.holder"}},
		{"A alone", CheckObjectPosts(ObjectPosts{A: "p1"}), nil},
		{"B alone", CheckObjectPosts(ObjectPosts{B: "p1"}), nil},
		{"A and B", CheckObjectPosts(ObjectPosts{A: "p1", B: "p2"}), nil},
		{"A is B", CheckObjectPosts(ObjectPosts{A: "p1", B: "p1"}), []string{"S19.2.posts_ab"}},
	} {
		if got := rules.IDs(tt.got); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
