package main

import (
	"encoding/json"
	"os"

	"istio.io/istio/pkg/config/mesh"
	istiolog "istio.io/istio/pkg/log"
	"istio.io/istio/pkg/util/protomarshal"
)

// MeshConfigQuestion is the text of key `mesh` of a ConfigMap.
type MeshConfigQuestion struct {
	Text string `json:"text"`
}

// MeshConfigAnswer is what istiod has from it: the mode, and everything else as JSON; or why it refuses the text.
type MeshConfigAnswer struct {
	Mode  string `json:"mode"`
	Rest  string `json:"rest"`
	Error string `json:"error,omitempty"`
}

// meshConfig answers questions, one JSON object a line, by the code with which istiod reads its mesh configuration.
func meshConfig([]string) int {
	options := istiolog.DefaultOptions()
	options.OutputPaths = []string{os.DevNull}
	if err := istiolog.Configure(options); err != nil {
		return complain(err)
	}
	return eachLine(func(line []byte) (any, error) {
		var q MeshConfigQuestion
		if err := json.Unmarshal(line, &q); err != nil {
			return nil, err
		}
		return q.ask(), nil
	})
}

func (q MeshConfigQuestion) ask() MeshConfigAnswer {
	config, err := mesh.ApplyMeshConfigDefaults(q.Text)
	if err != nil {
		return MeshConfigAnswer{Error: err.Error()}
	}
	mode := config.GetOutboundTrafficPolicy().GetMode().String()
	// What remains of the policy stays in the rest.
	if policy := config.GetOutboundTrafficPolicy(); policy != nil {
		policy.Mode = 0
	}
	rest, err := protomarshal.ToJSON(config)
	if err != nil {
		return MeshConfigAnswer{Error: err.Error()}
	}
	return MeshConfigAnswer{Mode: mode, Rest: rest}
}
