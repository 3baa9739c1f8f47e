using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>
/// Executions as JSON files, one for each, so that those a restart interrupts can go on: AWS would not even notice that our laptop slept.
/// Without a folder nothing is kept.
/// </summary>
internal sealed class ExecutionStore(string? folder)
{
    public void Save(ExecutionRecord record)
    {
        if (folder is null) return;
        var file = Path.Combine(folder, record.Machine, record.Name + ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        // Written beside and moved over, so that a crash leaves the old record rather than half of the new one.
        File.WriteAllBytes(file + ".new", JsonSerializer.SerializeToUtf8Bytes(record, ExecutionJson.Default.ExecutionRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    public IReadOnlyList<ExecutionRecord> Load() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
            .Select(file => JsonSerializer.Deserialize(File.ReadAllBytes(file), ExecutionJson.Default.ExecutionRecord) ?? throw new InvalidDataException($"{file} holds no execution.")),
    ];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecutionRecord))]
internal sealed partial class ExecutionJson : JsonSerializerContext;
