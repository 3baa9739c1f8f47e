namespace Modupay.Tenancy;

/// <summary>
/// A column that holds sealed values. What is sealed for persons is never sealed again, because only their keys are: such a column has no statements.
/// </summary>
/// <param name="Table">With its schema.</param>
/// <param name="Column">The sealed column.</param>
/// <param name="Field">The name that is authenticated with each value.</param>
/// <param name="Find">Values of another key version than the one whose header is $2, in order of their row's id after $1, $3 at most: id and value.</param>
/// <param name="Swap">Replaces values by others, row by row, where they are still the same: ids, before and after as arrays.</param>
internal sealed record SealedField(string Table, string Column, string Field, string? Find, string? Swap)
{
    public static SealedField OfSubjects(string table, string column, string field) => new(table, column, field, null, null);
}
