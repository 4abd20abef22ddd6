{{/* Names are fixed: the operator's Lease and the roles that it binds have them too. */}}
{{- define "podpool.name" -}}podpool-operator{{- end }}

{{- define "podpool.selector" -}}
app.kubernetes.io/name: podpool
app.kubernetes.io/component: operator
{{- end }}

{{- define "podpool.labels" -}}
app.kubernetes.io/name: podpool
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* (list root image): its reference. */}}
{{- define "podpool.image" -}}
{{- $root := index . 0 -}}{{- $image := index . 1 -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{/* What every container of ours has; pods need runAsNonRoot and a seccomp profile besides. */}}
{{- define "podpool.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* (list root kind name): the rules of that role in files/operator-roles.yaml. */}}
{{- define "podpool.operatorRules" -}}
{{- $root := index . 0 -}}{{- $kind := index . 1 -}}{{- $name := index . 2 -}}
{{- $rules := list -}}
{{- range splitList "\n---" ($root.Files.Get "files/operator-roles.yaml") -}}
{{- $role := fromYaml . -}}
{{- if and (eq $role.kind $kind) (eq $role.metadata.name $name) -}}
{{- $rules = $role.rules -}}
{{- end -}}
{{- end -}}
{{- if not $rules -}}{{- fail (printf "files/operator-roles.yaml has no %s named %s" $kind $name) -}}{{- end -}}
{{ toYaml $rules }}
{{- end }}

{{/* Where helm test runs. */}}
{{- define "podpool.testNamespace" -}}
{{- .Values.test.namespace | default (first .Values.namespaces) | default "podpool-test" -}}
{{- end }}

{{- define "podpool.testHasOwnNamespace" -}}
{{- if not (or .Values.test.namespace .Values.namespaces) }}true{{ end -}}
{{- end }}
